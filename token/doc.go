// Package token keeps one Microsoft Entra access token fresh.
//
//	cache := token.New(func(ctx context.Context, forceRefresh bool) (azcore.AccessToken, error) {
//		o := policy.TokenRequestOptions{Scopes: scopes}
//		if forceRefresh {
//			o.Claims = "{}" // bypasses the cache of azidentity's managed identity
//		}
//		return credential.GetToken(ctx, o)
//	}, nil)
//	t, err := cache.Token(ctx) // for every login
//
// A credential of azidentity has a cache too, but a hit takes microseconds, concurrent
// first calls of a managed identity make one request each, and a renewal blocks its
// caller, for seconds if the issuer fails. A [Cache] makes one request for all callers,
// renews the token while it still serves the old one, and keeps a valid token through an
// outage.
//
// # Refresh windows
//
// What a caller gets depends on the wall clock, which goes on while a laptop sleeps:
//
//	fresh              before RefreshOn; without one, before the later of half of the
//	                   token's life and 4 min 50 s before expiry (azidentity returns
//	                   the same token until 5 min before): the token, at once
//	advisory refresh   the token, at once; the first caller starts a renewal in the
//	                   background
//	mandatory refresh  the last 30 s before expiry, or the last tenth of the token's life
//	                   if that is shorter: callers share one renewal and wait up to 2 s,
//	                   but at most half of the time that their context leaves them
//	no valid token     before the first token, after expiry and after
//	                   [Cache.Invalidate]: callers share one request and wait for it
//
// RefreshOn is honoured from a tenth of the token's life (30 s to 1 h) after its arrival
// on, so that an issuer that always says "at once" gets few requests.
//
// In the mandatory window no one waits after a failed renewal, for one that began 2 s ago
// or earlier, or after one that returned the same token: the token is served until it
// expires. The renewal goes on, and its token is used whenever it arrives.
//
// # Failures
//
// A failed renewal is retried after a pause with jitter, which doubles from 1 s up to a
// tenth of the token's remaining life, at least 5 s and at most 5 min. Without a valid
// token all callers within 1 s of a failed request (30 s with [Options].OnDemand) get its
// error; the next caller starts a new request.
//
// Each call of the [FetchFunc] is limited by [Options].RequestTimeout. If the function
// ignores its context, callers without a valid token get an error 1 s later, and it is
// not called again until it returns.
//
// While the issuer is starting ([Options].NotReady) the first request is retried after
// pauses of 0.1 s to 2 s, within [Options].StartupWindow. The error of a caller whose
// context ends meanwhile includes the issuer's last answer.
//
// An answer that is empty, has expired or has no expiry is an error. The same token again
// is not. The next renewal is then due at the answer's RefreshOn if that is in the future,
// but not before a tenth of the remaining life (30 s to 1 h), and in any case 4 min 50 s
// before expiry and at the start of the mandatory window.
//
// A server whose clock is wrong reports every token as expired: [Cache.Invalidate] limits
// how many are discarded.
//
// # Faults
//
// What a login gets that comes as the fault begins, when no timer has renewed the token: a new
// token, the old one or an error, after so many seconds, and (in parentheses) how many requests
// the endpoint gets in the first minute:
//
//	                          no token yet          3 min left  20 s left   expired
//	good, timers frozen;      new 0 s (1)           old 0 s (1) new 0 s (1) new 0 s (1)
//	wrong content type;
//	clock 5 min ahead
//	clock 5 min behind        new 0 s (1)           new 0 s (1) new 0 s (1) new 0 s (1)
//	good, asleep for 12 h     new 0 s (1)           new 0 s (1) new 0 s (1) new 0 s (1)
//	slow, 3 s                 new 3 s (1)           old 0 s (1) old 2 s (1) new 3 s (1)
//	same token again          new 0 s (1)           old 0 s (1) old 0 s (1) error 0 s (1)
//	down for 20 s at start;   new 20-22 s (15-22)   -           -           -
//	404 for 20 s at start
//	down; 404                 error 28-30 s (20-28) old 0 s (4) old 2 s (4) error 30 s (4)
//	410; 429;                 error 30 s (4)        old 0 s (4) old 2 s (4) error 30 s (4)
//	429, Retry-After 10 s;
//	500; 503;
//	connection reset
//	hangs                     error 30 s (1)        old 0 s (1) old 2 s (1) error 30 s (1)
//	429, Retry-After 60 s;    error 0 s (1)         old 0 s (1) old 0 s (1) error 0 s (1)
//	truncated JSON; HTML;
//	expired token; no expiry;
//	identity removed;
//	secret expired
//
// With a fresh token every login gets that at once, and no request is made. 500 logins at once
// get what one gets, and cause no more requests. With a deadline of 2 s, a login gets the old
// token after 1 s instead of 2, and an error at the deadline instead of a longer wait; the
// request goes on. If its context has ended before, it gets a valid token or an error at once,
// and begins no request without a valid token. What the errors say:
//
//	same token again; expired token                a token that expired at
//	down                                           connection refused
//	404                                            HTTP 404
//	410                                            HTTP 410
//	429; 429, Retry-After 10 s;                    the issuer is throttling
//	429, Retry-After 60 s
//	500; 503                                       the host's identity endpoint answers, but fails
//	connection reset                               connection reset
//	hangs                                          no answer (1 try)
//	truncated JSON                                 answers in place of the host's identity endpoint
//	HTML                                           a web page
//	no expiry                                      expires_in and expires_on are both missing
//	identity removed                               HTTP 400: Identity not found
//	secret expired                                 the client secret has expired
//
// go test ./token -run TestFaultComment -update wrote this section from the table that
// TestFaultMatrix asserts in simulated time with azidentity, whose retries the figures contain.
// A machine asleep is simulated as one whose timers do not run.
//
// # Handles
//
// Handles of a [Group] share the cache of their key. While an active handle is open and
// Token was called within the last 24 h, a timer renews the token in the advisory window,
// so that a connection pool that was stable for hours finds a fresh token when it
// reconnects. It does so at a random moment of the window's first tenth, but of 10 min at
// most, or processes that started together would renew together for days; callers begin no
// renewal before it. After the process was frozen, the next caller does the same. With
// [Options].OnDemand there is no timer and no advisory window.
//
// There is no goroutine while no request is in progress. Closing the last handle of a key
// stops the timer and cancels a request that no caller waits for; the token is kept until
// the handles are garbage collected, and a handle opened before that gets it. A handle
// that was dropped without [Handle.Close] is collected, and with the last one its cache.
// Its timer keeps nothing alive and ends within 10 min, and its request is not retried.
package token
