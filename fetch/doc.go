// Package fetch gets values over HTTP and stays correct when the other side
// does not: every call is bounded in time, size and retries, and every failure
// comes back as an error that says what happened.
//
//	user, err := fetch.Get[User](ctx, nil, "https://api.example.com/users/7")
//
//	results, err := fetch.All[User](ctx, client, urls, fetch.Batch{Concurrency: 16})
//	for _, r := range results { // in the order of urls
//		if r.Err != nil {
//			log.Print(r.Err)
//			continue
//		}
//		use(r.Value)
//	}
//
// # Values
//
// The type parameter says what to make of a body: []byte and string are the
// body as it is, everything else is decoded from JSON. A status outside 200
// to 299 is a [*StatusError] with the start of the body.
//
// # Defaults
//
// A nil *[Client] and the zero [Options] mean: 30 seconds for a call with all
// its attempts, 10 seconds for the headers of one attempt, bodies up to 10 MiB
// after decompression, up to 3 attempts, up to 10 redirects.
//
// # Retries
//
// A request is sent again only if that cannot do its work twice: when the
// connection was never made, or when its method is idempotent or it carries an
// Idempotency-Key. Attempts are spaced by exponential backoff with full jitter,
// or as Retry-After says, and end early rather than wait past the deadline. A
// budget for each host keeps the retries to a tenth of its requests plus ten,
// so that clients do not pile onto a server that is down.
//
// # Redirects
//
// A redirect to another origin (scheme, host or port) takes along only headers
// that name no one, so that credentials stay with the origin they were meant
// for. A redirect from https to http is refused.
//
// # Ownership
//
// Nothing outlives its caller: a loop over [Stream] that ends early cancels
// what is running and waits for it, and every response body is closed.
package fetch
