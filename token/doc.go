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
// # Handles
//
// Handles of a [Group] share the cache of their key. While an active handle is open and
// Token was called within the last 24 h, a timer renews the token in the advisory window,
// up to 30 s later than a caller would, so that a connection pool that was stable for
// hours finds a fresh token when it reconnects. After the process was frozen, the next
// caller does the same. With [Options].OnDemand there is no timer and no advisory window.
//
// There is no goroutine while no request is in progress. Closing the last handle of a key
// stops the timer and cancels a request that no caller waits for; the token is kept until
// the handles are garbage collected, and a handle opened before that gets it. A handle
// that was dropped without [Handle.Close] is collected, and with the last one its cache.
// Its timer keeps nothing alive and ends within 10 min, and its request is not retried.
package token
