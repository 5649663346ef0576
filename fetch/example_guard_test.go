package fetch_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/goplinth/plinth/fetch"
)

func ExampleNewTransport() {
	transport := fetch.NewTransport(fetch.TransportOptions{IdlePerHost: 200})
	client, err := fetch.New(fetch.Options{Transport: transport})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	fmt.Println(transport.MaxIdleConnsPerHost, transport.ResponseHeaderTimeout)
	// Output: 200 30s
}

// A client for URLs that strangers choose, such as webhooks.
func ExampleGuardPublic() {
	transport := fetch.NewTransport(fetch.TransportOptions{})
	if err := fetch.GuardPublic(transport, fetch.Guard{}); err != nil {
		fmt.Println(err)
		return
	}
	client, err := fetch.New(fetch.Options{Transport: transport})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()
	_, err = fetch.Get[string](context.Background(), client, "http://169.254.169.254/latest/meta-data/")
	fmt.Println(errors.Is(err, fetch.ErrBlockedAddress))
	// Output: true
}
