package main

import "context"

// handler replies with the event.
func handler(string) function {
	return typed(func(_ context.Context, event map[string]any) (any, error) { return event, nil })
}
