package main

import (
	"context"
	"encoding/json"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// handler returns the function with this name.
func handler(name string) function {
	store := connect()
	switch name {
	case "save":
		return typed(store.save)
	case "search_in_turn":
		return typed(store.searchInTurn)
	case "search_at_once":
		return typed(store.searchAtOnce)
	default:
		return typed(store.api)
	}
}

// store is a table of DynamoDB.
type store struct {
	client *dynamodb.Client
	table  string
}

// connect creates the client before the first event, as AWS recommends.
func connect() store {
	configuration, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client := dynamodb.NewFromConfig(configuration, func(options *dynamodb.Options) {
		// This version of the SDK does not read the variable.
		options.EndpointResolver = dynamodb.EndpointResolverFromURL(os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"))
	})
	return store{client, os.Getenv("TABLE")}
}

type item = map[string]types.AttributeValue

func text(value string) types.AttributeValue {
	return &types.AttributeValueMemberS{Value: value}
}

func number(value float64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatFloat(value, 'f', -1, 64)}
}

func into(value types.AttributeValue) string {
	text, _ := value.(*types.AttributeValueMemberS)
	return text.Value
}

func (s store) put(ctx context.Context, values item) error {
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.table), Item: values})
	return err
}

type place struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type saved struct {
	ID      string `json:"id"`
	Geohash string `json:"geohash"`
}

func (s store) save(ctx context.Context, p place) (any, error) {
	geohash := encode(p.Latitude, p.Longitude, 9)
	err := s.put(ctx, item{
		"cell":      text(geohash[:cellLength]),
		"id":        text(p.ID),
		"name":      text(p.Name),
		"geohash":   text(geohash),
		"latitude":  number(p.Latitude),
		"longitude": number(p.Longitude),
	})
	return saved{p.ID, geohash}, err
}

type point struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type found struct {
	IDs []string `json:"ids"`
}

func (s store) query(ctx context.Context, cell string) ([]string, error) {
	output, err := s.client.Query(ctx, &dynamodb.QueryInput{
		TableName:                 aws.String(s.table),
		KeyConditionExpression:    aws.String("cell = :cell"),
		ExpressionAttributeValues: item{":cell": text(cell)},
	})
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, item := range output.Items {
		ids = append(ids, into(item["id"]))
	}
	return ids, nil
}

func (s store) searchInTurn(ctx context.Context, p point) (any, error) {
	var all found
	for _, cell := range cellsAround(p.Latitude, p.Longitude) {
		ids, err := s.query(ctx, cell)
		if err != nil {
			return nil, err
		}
		all.IDs = append(all.IDs, ids...)
	}
	return all, nil
}

func (s store) searchAtOnce(ctx context.Context, p point) (any, error) {
	type outcome struct {
		ids []string
		err error
	}
	cells := cellsAround(p.Latitude, p.Longitude)
	outcomes := make([]chan outcome, len(cells))
	for index, cell := range cells {
		outcomes[index] = make(chan outcome, 1)
		go func() {
			ids, err := s.query(ctx, cell)
			outcomes[index] <- outcome{ids, err}
		}()
	}
	var all found
	for _, pending := range outcomes {
		outcome := <-pending
		if outcome.err != nil {
			return nil, outcome.err
		}
		all.IDs = append(all.IDs, outcome.ids...)
	}
	return all, nil
}

// request has the members of an HTTP API's event that the function uses.
type request struct {
	PathParameters map[string]string `json:"pathParameters"`
	Body           string            `json:"body"`
	RequestContext struct {
		HTTP struct {
			Method string `json:"method"`
		} `json:"http"`
	} `json:"requestContext"`
}

type response struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       string            `json:"body,omitempty"`
}

type note struct {
	Text string `json:"text"`
}

func (s store) api(ctx context.Context, r request) (any, error) {
	id := text(r.PathParameters["id"])
	if r.RequestContext.HTTP.Method == "PUT" {
		var n note
		if err := json.Unmarshal([]byte(r.Body), &n); err != nil {
			return nil, err
		}
		return response{StatusCode: 204}, s.put(ctx, item{"id": id, "text": text(n.Text)})
	}
	output, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(s.table), Key: item{"id": id}})
	if err != nil {
		return nil, err
	}
	if output.Item == nil {
		return response{StatusCode: 404}, nil
	}
	body, err := json.Marshal(note{into(output.Item["text"])})
	return response{200, map[string]string{"content-type": "application/json"}, string(body)}, err
}
