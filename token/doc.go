// Package token keeps one Microsoft Entra access token fresh.
//
//	cache := token.New(func(ctx context.Context, fresh bool) (azcore.AccessToken, error) {
//		o := policy.TokenRequestOptions{Scopes: scopes}
//		if fresh {
//			o.Claims = "{}" // past the cache of azidentity's managed identity
//		}
//		return credential.GetToken(ctx, o)
//	}, nil)
//	t, err := cache.Token(ctx) // for every login
//
// A credential of azidentity has a cache of its own, but a hit there takes
// microseconds, concurrent first calls of a managed identity are one request
// each, and a renewal holds up whoever asks for it, for seconds if the issuer
// fails. A [Cache] in front of it makes one request for all, renews while it
// still serves the old token, and keeps a valid token through an outage.
//
// # States
//
// A token passes through these states, by the wall clock, which goes on while a
// laptop sleeps:
//
//	calm    before RefreshOn, or without one before the later of half of its life
//	        and 4 min 50 s before expiry (azidentity returns the same token until
//	        5 minutes before): served at once
//	offer   served at once; the first caller starts one renewal in the background
//	insist  from 30 s before expiry, or a tenth of the token's life if that is
//	        less: callers wait for the renewal, all for the same request
//	none    before the first token, after expiry and after [Cache.Invalidate]:
//	        callers wait for a request, all for the same one
//
// RefreshOn counts only from a tenth of the token's life (30 s to 1 h) after its
// arrival, so that an issuer that always says "at once" is not asked all the time.
//
// Nobody waits in the insist state once the latest renewal has failed, or has
// been under way for 2 s, or has just brought the same token again: the old token
// is served until it expires. A request under way is never cut short for that,
// and its token is taken whenever it comes.
//
// # Failures
//
// A failed renewal is repeated after a pause with jitter. The pause doubles from
// 1 s up to a tenth of the life that the token has left, at least 5 s and at most
// 5 min. A failed request without a valid token answers all callers of the next
// second (30 s with [Options].OnDemand) with the same error; after that the next
// caller causes a new request.
//
// Each call of the [FetchFunc] ends after [Options].RequestTimeout. If the
// function ignores its context, those without a token get an error a second
// later, and it is not called again until it returns.
//
// While the issuer is still starting ([Options].NotReady) the first request is
// repeated, with pauses of 0.1 s to 2 s, within [Options].StartupWindow. Callers
// leave when their own context ends, and then learn the issuer's last answer too.
//
// An answer that is empty, has expired or has no expiry is an error. An answer
// with the token that is held already is not, even if the credential returns it
// because its own refresh failed. The next look is then at the answer's RefreshOn
// if that is ahead, but not before a tenth of the remaining life (30 s to 1 h) has
// passed, and in any case 4 min 50 s before expiry and at the start of the insist
// state.
//
// A server whose clock is wrong finds every token expired. [Cache.Invalidate]
// therefore drops three tokens in a row at once, and further ones only after a
// pause that doubles from 1 s to 10 min.
//
// # Renewal ahead of need
//
// Handles of a [Group] share the cache of their key. While an active handle is
// open and Token was called within the last 24 hours, a timer renews the token in
// the offer state, up to 30 s later than a caller would. A connection pool that
// has been stable for hours so finds a fresh token when it has to reconnect. The
// timer is a convenience: without it, or after a process was frozen, the next
// caller does the same work. With [Options].OnDemand there is no timer and no
// offer state.
//
// No goroutine exists while no request is under way. Once the last handle of a key
// has been closed, a request that no caller waits for is cancelled; the token is
// kept until the handles are collected, and a handle that is opened before then
// finds it. A handle that was dropped without [Handle.Close] is collected, and
// with the last one its cache; a timer that was left behind holds nothing and ends
// within 10 minutes, and a request that was left behind is not repeated.
package token
