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
// to 299 is a [*StatusError] with the start of the body. Of the content
// encodings net/http undoes gzip, once; all others are left to the caller.
//
// # Defaults
//
// A nil *[Client] and the zero [Options] mean: 30 seconds for a call with all
// its attempts, 10 seconds for one attempt, bodies up to 10 MiB after
// decompression, up to 3 attempts, up to 8 requests in flight to a host, up to
// 10 redirects. Circuit breaker, hedging, rates and coalescing are off until the
// Options ask for them.
//
// For Get and the like an attempt includes the body, so that one that breaks off
// is retried too. For [Client.Do], whose caller reads the body, it ends with the
// headers.
//
// # Retries
//
// A request is sent again only if that cannot do its work twice: when the
// connection was never made, or when its method is idempotent or it carries an
// Idempotency-Key. Attempts are spaced by exponential backoff with full jitter,
// or as Retry-After says, and end early rather than wait past the deadline. A
// budget for each host keeps the retries and hedges together to a tenth of its
// requests plus ten, so that clients do not pile onto a server that is down.
//
// # Policies
//
// Each policy is a field of Options and also a [Middleware] for any
// [http.Client]. In a Client a request meets them in this order:
//
//   - [Coalesce], so that all others see one request for many.
//   - [Retry], so that a request that waits for its next attempt holds no place.
//   - [LimitConcurrency], then [LimitRate]: the rate is that of what is sent, not
//     of what begins to wait.
//   - [Breaker] decides last, at the moment of sending: a circuit that has opened
//     refuses those too that were already waiting. Whoever would have to wait for
//     an open one is refused at once.
//   - [Hedge], whose second request needs a place and a turn as well, but does not
//     wait for them.
//   - The attempt timeout, which waiting does therefore not use up.
//   - The transport. One that records or traces, as that of otelhttp does, sees
//     every attempt; the context carries a [net/http/httptrace.ClientTrace] to it.
//
// What the policies know of a host is kept for 4,096 scheme, host and port
// triples; for another one, a host is forgotten that has not been used lately.
//
// # Redirects
//
// A redirect to another origin (scheme, host or port) takes along only headers
// that name no one, and no body, so that credentials stay with the origin they
// were meant for; [RedirectPolicy] makes exceptions. A redirect from https to
// http is refused.
//
// # Untrusted URLs
//
// A transport under [GuardPublic] never connects to a private address, however
// the URL, a redirect or a name server leads there.
//
// # Downloads
//
// [Download] puts a file in place when it is complete and checked, and not
// before. What was transferred when it broke off is not transferred again.
//
// # Ownership
//
// Nothing outlives its caller: a loop over [Stream] or [Ordered] that ends early
// cancels what is running and waits for it, a hedge or a coalesced request ends
// before the last one who waited for it leaves, and every response body is
// closed. Functions of the caller run outside all locks.
package fetch
