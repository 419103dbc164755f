// A loop over the Runtime API. Each program consists of this file and of files that define its handlers.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
)

type function func(context.Context, []byte) (any, error)

// typed returns a function that decodes its event.
func typed[T any](call func(context.Context, T) (any, error)) function {
	return func(ctx context.Context, body []byte) (any, error) {
		var event T
		if err := json.Unmarshal(body, &event); err != nil {
			return nil, err
		}
		return call(ctx, event)
	}
}

func main() {
	serve(handler(os.Getenv("_HANDLER")))
}

// serve plays the part of aws-lambda-go, which has no package in Debian: it waits for events and sends the responses.
func serve(call function) {
	client := &http.Client{}
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := client.Get(base + "next")
		if err != nil {
			os.Exit(1)
		}
		event, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			os.Exit(1)
		}
		path, reply := "/response", []byte(nil)
		value, err := call(context.Background(), event)
		if err == nil {
			reply, err = json.Marshal(value)
		}
		if err != nil {
			path = "/error"
			reply, _ = json.Marshal(map[string]string{"errorType": "error", "errorMessage": err.Error()})
		}
		id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
		accepted, err := client.Post(base+id+path, "application/json", bytes.NewReader(reply))
		if err != nil {
			os.Exit(1)
		}
		io.Copy(io.Discard, accepted.Body)
		accepted.Body.Close()
	}
}
