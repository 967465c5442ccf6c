package token_test

import (
	"context"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/token"
)

// A real credential requests tokens from Microsoft Entra ID; this one makes them.
type exampleCredential struct{ requests int }

func (c *exampleCredential) fetch(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error) {
	c.requests++
	return azcore.AccessToken{
		Token:     fmt.Sprintf("secret %d", c.requests),
		ExpiresOn: time.Now().Add(time.Hour),
	}, nil
}

func Example() {
	credential := &exampleCredential{}
	cache := token.New(credential.fetch, nil)

	ctx := context.Background()
	for range 3 { // three logins
		t, err := cache.Token(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("login with", t.Token)
	}
	fmt.Println("requests:", cache.Stats().Requests)
	// Output:
	// login with secret 1
	// login with secret 1
	// login with secret 1
	// requests: 1
}

func ExampleGroup() {
	credential := &exampleCredential{}
	var group token.Group[string] // one for the process; the key is the identity and the scope
	create := func() *token.Cache { return token.New(credential.fetch, nil) }
	events := make(chan passwordless.Event, 10)

	orders := group.Open("system-assigned, PostgreSQL", create, func(e passwordless.Event) { events <- e })
	defer orders.Close()
	if _, err := orders.Token(context.Background()); err != nil {
		fmt.Println(err)
	}

	stock := group.Open("system-assigned, PostgreSQL", create, nil)
	defer stock.Close()
	if _, err := stock.Token(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println("event:", (<-events).Kind)
	fmt.Println("handles:", stock.Stats().Handles, "requests:", stock.Stats().Requests)
	// Output:
	// event: fetched
	// handles: 2 requests: 1
}
