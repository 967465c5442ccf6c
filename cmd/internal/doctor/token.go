package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/credential"
)

// wayAnchors are the sections about an issuer that is not reached or does not do its work.
var wayAnchors = []string{"identity-endpoint", "way-to-microsoft-entra", "throttled"}

// endpoint makes the token request, and says how the way to the issuer was.
func (w *walk) endpoint(ctx context.Context, s *Step) error {
	if !w.plan.Identity.Token() {
		return errSkip
	}
	if w.handle.NeedsTenant() {
		s.add("not asked yet: the server names the tenant at the login")
		return nil
	}
	login, err := w.handle.Login(ctx)
	w.token, w.tokenErr = login.Password.Reveal(), err
	exchanges := w.exchanges.list()
	for _, x := range exchanges {
		answer := "no answer"
		if x.status != 0 {
			answer = fmt.Sprintf("HTTP %d", x.status)
		}
		s.add(fmt.Sprintf("%s: %s in %s", x.url, answer, x.took.Round(time.Millisecond)))
	}
	if len(exchanges) == 0 && err == nil {
		s.add("the token is from " + w.handle.Status().Identity)
	}
	if failed, ok := errors.AsType[*passwordless.TokenError](err); ok && slices.Contains(wayAnchors, failed.Anchor) {
		return err
	}
	return nil
}

// The clocks of Microsoft Entra and of the databases may differ by five minutes.
const (
	skewNoticed = time.Minute
	skewTooMuch = 5 * time.Minute
)

// clock compares this machine's clock with those of the issuers.
func (w *walk) clock(_ context.Context, s *Step) error {
	var most time.Duration
	known := false
	for _, x := range w.exchanges.list() {
		if x.dated {
			known = true
			if x.skew.Abs() > most.Abs() {
				most = x.skew
			}
		}
	}
	if !known {
		return errSkip
	}
	direction := "behind"
	if most < 0 {
		direction = "ahead of"
	}
	text := fmt.Sprintf("this machine's clock is %s %s the issuer's", most.Abs().Round(time.Second), direction)
	switch {
	case most.Abs() >= skewTooMuch:
		s.add(text)
		s.Fix = []string{"timedatectl set-ntp true", "date -u"}
		return clockError{text}
	case most.Abs() >= skewNoticed:
		s.add(text)
		s.warn("tokens are refused when clocks differ by minutes", "token-expired", "timedatectl set-ntp true", "date -u")
	default:
		s.add("within a minute of the issuer's")
	}
	return nil
}

// clockError is a clock that is off.
type clockError struct{ text string }

func (e clockError) Error() string {
	return e.text + ": set it, or tokens count as expired or not yet valid"
}

// tokenClaims are what is shown of a token.
type tokenClaims struct {
	Audience string   `json:"aud"`
	Tenant   string   `json:"tid"`
	Object   string   `json:"oid"`
	App      string   `json:"appid"`
	Client   string   `json:"azp"`
	Resource string   `json:"xms_mirid"`
	Issued   int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	Groups   []string `json:"groups"`
	Overage  any      `json:"_claim_names"`
	Has      bool     `json:"hasgroups"`

	Person    string `json:"upn"`
	Delegated string `json:"scp"` // only tokens of people have scopes
}

func (w *walk) readClaims() (c tokenClaims) {
	credential.ReadClaims(w.token, &c)
	return c
}

// claims says what the token claims, never the token.
func (w *walk) claims(_ context.Context, s *Step) error {
	switch {
	case !w.plan.Identity.Token() || w.handle.NeedsTenant():
		return errSkip
	case w.tokenErr != nil:
		return w.tokenErr
	}
	c := w.readClaims()
	for _, fact := range [...][2]string{
		{"audience", c.Audience}, {"tenant", c.Tenant}, {"object ID", c.Object}, {"application ID", c.App + c.Client},
		{"name", credential.UserFromToken(w.token)}, {"guest", credential.GuestFromToken(w.token)},
	} {
		if fact[1] != "" {
			s.add(fact[0] + " " + fact[1])
		}
	}
	if c.Expires != 0 {
		s.add(fmt.Sprintf("expires at %s, in %s", time.Unix(c.Expires, 0).UTC().Format(time.RFC3339), time.Until(time.Unix(c.Expires, 0)).Round(time.Minute)))
	}
	if len(c.Groups) > 0 {
		s.add(fmt.Sprintf("%d groups", len(c.Groups)))
	}
	s.add(fmt.Sprintf("%d bytes", len(w.token)))
	if st := w.handle.Status(); len(st.Warnings) > len(w.status().Warnings) {
		s.warn(st.Warnings[len(st.Warnings)-1], "developer-sign-in")
	}
	if c.Overage != nil || c.Has {
		s.warn("the identity is in too many groups for a token to list them: a database role that stands for a group may refuse it", "wrong-role")
	}
	return nil
}
