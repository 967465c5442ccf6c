package connector

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/observe"
	"github.com/azuredb/passwordless/internal/redact"
)

// Login is what one login needs. Print it freely: the password is a [dsn.Secret].
type Login struct {
	User      string
	Password  dsn.Secret
	IsToken   bool      // the password is a Microsoft Entra access token
	ExpiresOn time.Time // when the token expires; zero for a password
}

// issuedLogin is a login with a token, and whose token it is. Fallback is set if a developer's sign-in
// was used instead of a managed identity.
type issuedLogin struct {
	Login
	identity identity.Identity
	fallback bool
	note     string // about its database user; see [Handle.user]
	objectID string // of the identity, if the token says so
	accepted atomic.Bool
}

// Login returns the user name and the token, or password, for one connection. It waits for a token request
// only when no usable token is held, and no longer than ctx allows.
func (h *Handle) Login(ctx context.Context) (Login, error) {
	a := h.account.Load()
	switch {
	case a == nil && h.plan.Identity.Token():
		return Login{}, h.tokenError(errNoTenant, unknownTenant)
	case a == nil:
		return Login{User: h.plan.Config.User, Password: h.plan.Config.Password}, nil
	}
	var began time.Time // not needed, and so not read, without metrics
	if observe.Active() {
		began = time.Now()
	}
	tok, err := a.tokens.Token(ctx)
	h.tokenArrived(ctx, began, err)
	last := h.lastLogin.Load()
	if err != nil || last == nil || last.Password.Reveal() != tok.Token || last.fallback && a.source.InAzure() {
		return h.newLogin(ctx, a, tok, err)
	}
	return last.Login, nil
}

// newLogin is [Handle.Login] for a token that was not issued before. A fallback's token is dropped once the
// metadata service has answered: the managed identity has taken over.
func (h *Handle) newLogin(ctx context.Context, a *account, tok azcore.AccessToken, err error) (Login, error) {
	kind, fallback := a.source.FallbackOf(tok.Token)
	if fallback && a.source.InAzure() {
		a.tokens.Invalidate(tok.Token)
		tok, err = a.tokens.Token(ctx)
		kind, fallback = a.source.FallbackOf(tok.Token)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = h.giveUp(a, err)
		}
		return Login{}, h.tokenError(err, credential.AdviceOf(err))
	}
	id := a.source.As(a.identity)
	if fallback {
		id = a.identity.AnsweredBy(kind)
	}
	user, note, err := h.user(tok.Token, id)
	h.logIdentity(id, note)
	if err != nil {
		return Login{}, err
	}
	redact.Remember(tok.Token)
	login := Login{User: user, Password: dsn.NewSecret(tok.Token), IsToken: true, ExpiresOn: tok.ExpiresOn}
	h.lastLogin.Store(&issuedLogin{Login: login, identity: id, fallback: fallback, note: note, objectID: credential.ObjectIDOf(tok.Token)})
	return login, nil
}

// Driver is what [Handle.Connect] needs of a driver package.
type Driver struct {
	// Login makes one login, with what the attempt gives it. It may try several servers, and must not keep the
	// attempt. While [Handle.NeedsTenant] is true, the attempt has nothing to give before [Handle.LearnTenant].
	Login func(context.Context, *Attempt) (driver.Conn, error)

	// Classify says what an error of Login means.
	Classify func(error) Classification
}

// Attempt is one login of a [Driver]. It must be used by one goroutine at a time.
type Attempt struct {
	handle *Handle
	login  *Login // what it has returned; nil before
}

// Login is [Handle.Login], whose first result it keeps for all servers that the attempt tries.
func (a *Attempt) Login(ctx context.Context) (Login, error) {
	if a.login == nil {
		login, err := a.handle.Login(ctx)
		if err != nil {
			return Login{}, err
		}
		a.login = &login
	}
	return *a.login, nil
}

// Connect opens one connection with d. A login refused because the token has expired is tried once more if a
// new token is available; if it is refused for another reason, the token is renewed in the background for the
// next login. A failure is returned as a [*LoginError], unless it holds a [*TokenError], which is returned itself.
func (h *Handle) Connect(ctx context.Context, d Driver) (driver.Conn, error) {
	began := time.Now()
	conn, c, err := h.connect(ctx, d)
	h.LoginEnded(ctx, began, err, c)
	return conn, err
}

func (h *Handle) connect(ctx context.Context, d Driver) (driver.Conn, Classification, error) {
	a := &Attempt{handle: h}
	conn, err := d.Login(ctx, a)
	if err == nil {
		h.accepted(a.login)
		return conn, Classification{}, nil
	}
	if failed, ok := errors.AsType[*passwordless.TokenError](err); ok {
		return nil, Classification{}, failed
	}
	c := d.Classify(err)
	if a.login == nil { // the server did not get as far as asking for it
		return nil, c, h.loginError(err, Login{}, c)
	}
	h.Refused(*a.login, c)
	if a.login.IsToken && c.Refused && c.Expired {
		again, tokenErr := h.Login(ctx)
		// The issuer may answer with the same token, or have been asked too often because of this server.
		fresh := tokenErr == nil && again.Password.Reveal() != a.login.Password.Reveal()
		h.plan.Log.LogAttrs(ctx, slog.LevelWarn, "login refused: the server says the token has expired",
			append(attrs(h.plan), slog.Bool("retried", fresh))...)
		if tokenErr != nil {
			return nil, c, h.loginError(errors.Join(err, tokenErr), *a.login, c)
		}
		if fresh {
			a = &Attempt{handle: h, login: &again}
			if conn, err = d.Login(ctx, a); err == nil {
				h.accepted(a.login)
				return conn, Classification{}, nil
			}
			c = d.Classify(err)
		}
	}
	return nil, c, h.loginError(err, *a.login, c)
}

// Refused records that a server did not accept a login, for drivers that cannot try one again; [Handle.Connect]
// does it itself. A token that has expired is dropped, so that the next Login gets a new one. A token refused for
// another reason is renewed in the background, at most once in 10 minutes. Refused never waits.
func (h *Handle) Refused(l Login, c Classification) {
	a := h.account.Load()
	switch {
	case a == nil || !l.IsToken || !c.Refused:
	case c.Expired:
		a.tokens.Invalidate(l.Password.Reveal())
	default:
		a.tokens.Refused(l.Password.Reveal())
	}
}

// Classification is what a driver package makes of a failed login: whether the server itself Refused it,
// whether it said that the token has Expired, whether the failure is Temporary, and a Hint and an Anchor.
type Classification = advice.Classification

// DescribeToken summarises the claims of an access token: audience, expiry and identity. It verifies nothing and
// never quotes the token.
func DescribeToken(token string) string { return credential.DescribeToken(token) }

func (h *Handle) loginError(err error, l Login, c Classification) *passwordless.LoginError {
	id := h.identityNow()
	if last := h.issued(l); last != nil {
		id = last.identity // whose token went with the login
		if c.Known != "" && h.wasAccepted(last) {
			c.Hint, c.Anchor, c.Temporary = c.Known, "server-unavailable", true
		}
		c.Hint = strings.TrimPrefix(c.Hint+"; "+last.note, "; ")
		c.Hint = strings.TrimSuffix(c.Hint, "; ")
	}
	e := &passwordless.LoginError{ErrorInfo: h.errorInfo(l.User, id, advice.Advice{Hint: c.Hint, Anchor: c.Anchor}, c.Temporary, err)}
	if c.Refused && l.IsToken {
		e.Claims = credential.DescribeToken(l.Password.Reveal())
	}
	return e
}

func (h *Handle) tokenError(err error, a advice.Advice) *passwordless.TokenError {
	return &passwordless.TokenError{ErrorInfo: h.errorInfo(h.plan.Config.User, h.identityNow(), a, credential.IsTemporary(err), err)}
}

func (h *Handle) errorInfo(user string, id identity.Identity, a advice.Advice, retry bool, err error) passwordless.ErrorInfo {
	return passwordless.ErrorInfo{
		Engine: h.plan.Config.Engine, Host: h.plan.Config.Hosts[0].String(), Database: h.plan.Config.Database, User: user,
		Identity: id.String(), Hint: a.Hint, Anchor: a.Anchor, Retry: retry, Err: err,
	}
}
