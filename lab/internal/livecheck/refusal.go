package livecheck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/azuredb/passwordless"
)

// unknownUser is a user that no server has.
const unknownUser = "passwordless-live-nobody"

// refusals are logins that must fail, and say why.
func (r *run) refusals(ctx context.Context, d door) (results []Result) {
	if !r.tokenNamesUser {
		results = append(results, timed("refusal of an unknown user", d.name, func() (string, error) {
			return r.refusal(ctx, d, "", nil, func(o *passwordless.Options) { o.User = unknownUser })
		}))
	}
	return append(results,
		timed("refusal of a changed token", d.name, func() (string, error) {
			return r.refusal(ctx, d, "", damage, nil)
		}),
		timed("refusal of another service's token", d.name, func() (string, error) {
			return r.refusal(ctx, d, foreign(r.status.Scope), nil, nil)
		}))
}

// refusal logs in with a token for a scope, which is not sent where it is another service's.
func (r *run) refusal(ctx context.Context, d door, scope string, change func(string) string, adjust func(*passwordless.Options)) (string, error) {
	c, err := r.newCredential(time.Hour, scope)
	if err != nil {
		return "", err
	}
	c.change = change
	o := r.options(c)
	if adjust != nil {
		adjust(o)
	}
	p, err := d.open(r.DSN, o, 0)
	if err != nil {
		return "", err
	}
	defer p.close()
	s, err := p.take(ctx)
	if err == nil {
		s.release()
		return "", errors.New("the login succeeded")
	}
	return explained(err, scope == "", c.given())
}

// explained checks an error: of the right type, in one line, with what to do and where to read on, and without any part
// of a token.
func explained(err error, sent bool, tokens []string) (string, error) {
	login, isLogin := errors.AsType[*passwordless.LoginError](err)
	token, isToken := errors.AsType[*passwordless.TokenError](err)
	var info passwordless.ErrorInfo
	switch {
	case len(tokens) == 0:
		return "", fmt.Errorf("there was no token: %w", err)
	case sent && isLogin:
		info = login.ErrorInfo
	case !sent && isToken:
		info = token.ErrorInfo
	default:
		return "", fmt.Errorf("the error is a %T: %w", err, err)
	}
	switch text := err.Error(); {
	case leaks(err, tokens):
		return "", errors.New("the error holds a part of the token, and so is not shown")
	case strings.Contains(text, "\n"):
		return "", fmt.Errorf("the error has several lines: %w", err)
	case info.Hint == "" || info.Anchor == "":
		return "", fmt.Errorf("the error is not explained: %w", err)
	}
	if !sent {
		return "not sent to the server; the error leads to #" + info.Anchor, nil
	}
	return "the server refused it; the error leads to #" + info.Anchor, nil
}

// leaks reports whether the error, however it is printed, has 20 bytes in a row of a token.
func leaks(err error, tokens []string) bool {
	const window = 20
	encoded, _ := json.Marshal(err) // or else its other texts are looked at
	text := fmt.Sprintf("%v %+v %#v %s", err, err, err, encoded)
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		text += cause.Error()
	}
	for _, token := range tokens {
		for i := 0; i+window <= len(token); i++ {
			if strings.Contains(text, token[i:i+window]) {
				return true
			}
		}
	}
	return false
}

// damage changes a character in the middle of a token's signature, which is its last part.
func damage(token string) string {
	b := []byte(token)
	i := (strings.LastIndexByte(token, '.') + len(token)) / 2
	if b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

// foreign is the scope of the other service in the same cloud: that of PostgreSQL and MySQL, or that of SQL Server.
func foreign(scope string) string {
	const oss = "https://ossrdbms-aad."
	if rest, ok := strings.CutPrefix(scope, oss); ok {
		return "https://" + rest
	}
	if rest, ok := strings.CutPrefix(scope, "https://database."); ok {
		return oss + "database." + rest
	}
	return "https://database.windows.net/.default" // of a service of its own, such as Cosmos DB for PostgreSQL
}
