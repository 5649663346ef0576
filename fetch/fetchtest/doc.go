// Package fetchtest provides an HTTP server that misbehaves on request, for
// tests of code that fetches.
//
//	origin := fetchtest.NewOrigin(func(r *http.Request) fetchtest.Answer {
//		return fetchtest.Answer{Body: `{"id":7}`, Failures: 1, Delay: 50 * time.Millisecond}
//	})
//	defer origin.Close()
//	user, err := fetch.Get[User](ctx, nil, origin.URL+"/users/7")
//
// # Faults
//
// A function says for each request how it is answered, and each fault is a field
// of [Answer]: latency, trickling, a reset or cut connection, a wrong length,
// compression nobody asked for, failures that pass. They combine: a file that
// trickles in and breaks off in the middle is
//
//	a := fetchtest.Content(body, `"v1"`)
//	a.Trickle, a.Truncate = time.Millisecond, true
//
// # Transports
//
// [NewOrigin] speaks HTTP/1.1 over TCP on loopback. [NewTLSOrigin] speaks HTTP/2
// and HTTP/1.1 over TLS. [NewPipeOrigin] works in memory, so that under
// testing/synctest its delays cost no time.
//
// # Counters
//
// [Origin.Stats] says what arrived and what became of it: connections, requests
// and answers. [Origin.Wait] waits until all is quiet. After [Origin.Close]
// nothing is left running.
package fetchtest
