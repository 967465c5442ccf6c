package e2e_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// answerer is what answers where a connection leads.
type answerer struct {
	name   string
	front  front
	anchor string // of the login's error; if empty, a login with a token succeeds

	attempts, good int // connections that may have been made to it, and that logged in
}

// answerers are one good server, and all others.
func (b *bench) answerers(t *testing.T) []*answerer {
	t.Helper()
	list := []*answerer{
		{name: "good server", front: b.named(t, loopback, b.azure)},
		{name: "unknown authority", front: b.unknownCA(t), anchor: "server-certificate"},
		{name: "another's certificate", front: b.named(t, "localhost", "other"+strings.TrimPrefix(b.azure, "e2e")), anchor: "server-certificate"},
	}
	for _, c := range unverifiedServers {
		if c.anchor == "server-certificate" && c.fault.Kind != azuretest.ExpiredCertificate {
			continue // as the two above
		}
		f := b.named(t, loopback, b.azure)
		f.Inject(c.fault)
		list = append(list, &answerer{name: c.name, front: f, anchor: c.anchor})
	}
	return list
}

// trusts are the ways in which a server is trusted, or is not. Each returns the host to write into the string, and
// more of the environment.
var trusts = []struct {
	name    string
	arrange func(b *bench, f front, o *passwordless.Options) (host string, environ []string)
	trusted bool
}{
	{"listed in the options", func(_ *bench, _ front, o *passwordless.Options) (string, []string) {
		o.TrustedHosts = []string{loopback}
		return loopback, nil
	}, true},
	{"listed in the environment", func(_ *bench, _ front, o *passwordless.Options) (string, []string) {
		return loopback, []string{"PASSWORDLESS_TRUSTED_HOSTS=db.corp.example, " + loopback}
	}, true},
	{"a name of Azure's", func(b *bench, f front, o *passwordless.Options) (string, []string) {
		o.Dial = dialTo(f)
		return b.azure, nil
	}, true},
	{"not listed", func(*bench, front, *passwordless.Options) (string, []string) { return loopback, nil }, false},
	{"the options' list is empty", func(_ *bench, _ front, o *passwordless.Options) (string, []string) {
		o.TrustedHosts = []string{}
		return loopback, []string{"PASSWORDLESS_TRUSTED_HOSTS=" + loopback}
	}, false},
	{"only like a name of Azure's", func(b *bench, f front, o *passwordless.Options) (string, []string) {
		o.Dial = dialTo(f)
		return b.azure + ".evil.example", nil
	}, false},
}

// No combination of dialect, word about TLS, server, trust, place of the string and way to open makes a token travel
// in clear text, or to a server that was not verified: the servers tell what arrived. And where nothing is wrong, the
// login works.
func TestNoCombinationSendsATokenUnsafely(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		registerWeakTLS(t)
		id := b.userAssigned(t)
		all := b.answerers(t)
		for _, d := range dialects[b.name] {
			for _, a := range all {
				for i, word := range append(append([]string{""}, d.raised...), d.weak...) {
					weak := i > len(d.raised)
					b.tryCombinations(t, id, d, word, weak, a)
				}
			}
		}
		for _, a := range all {
			requireOnlyGood(t, a)
		}
	})
}

// unverified are the words that refuse verification, which is raised for the hosts of Azure.
var unverified = regexp.MustCompile("(?i)skip-verify|accept_invalid|trust|DONT_VERIFY")

// tryCombinations goes through what is left to combine: trust, the string's place, and the doors.
func (b *bench) tryCombinations(t *testing.T, id azuretest.Identity, d dialect, word string, weak bool, a *answerer) {
	t.Helper()
	for i, trust := range trusts {
		o := b.options()
		o.TrustedHosts = nil
		host, environ := trust.arrange(b, a.front, o)
		refusal := ""
		switch {
		case !trust.trusted:
			refusal = "untrusted-host"
		case weak && !(unverified.MatchString(word) && host == b.azure):
			refusal = "tls-disabled"
		}
		if refusal != "" && a.anchor != "" {
			continue // as no server is asked, the good one is enough
		}
		text, variables := d.write(host, a.front.Addr(), id, word)
		if text != "" && i%2 == 1 {
			text, variables = "connection:orders", []string{b.prefix + "ORDERS_CONNECTIONSTRING=" + text}
		}
		o.Environ = func() []string { return append(environ, variables...) }
		for _, door := range b.doors() {
			err := door.open(limited(t), text, o)
			label := strings.Join([]string{door.name, d.name, word, trust.name, a.name}, " | ")
			if refusal != "" {
				requireAnchor[*passwordless.SetupError](t, err, refusal, label)
				continue
			}
			a.attempts++
			a.require(t, err, label)
		}
	}
}

// require asserts how a login at this server ended.
func (a *answerer) require(t *testing.T, err error, label string) {
	t.Helper()
	if a.anchor == "" {
		require.NoError(t, err, label)
		a.good++
		return
	}
	requireAnchor[*passwordless.LoginError](t, err, a.anchor, label)
}

// requireOnlyGood ends a server, so that its record is complete, and asserts that nothing but tokens over verified
// TLS ever arrived there, from no one but those who were to come.
func requireOnlyGood(t *testing.T, a *answerer) {
	t.Helper()
	require.NoError(t, a.front.Close())
	logins := a.front.Logins()
	assert.LessOrEqual(t, len(logins), a.attempts, a.name)
	assert.Empty(t, a.front.Plaintext(), a.name)
	sent := 0
	for _, login := range logins {
		if login.PasswordLength > 0 {
			sent++
			assert.NotZero(t, login.TLS, a.name)
			assert.NoError(t, login.Err, a.name)
		}
	}
	assert.Equal(t, a.good, sent, "%s: tokens that arrived", a.name)
	assert.Equal(t, a.anchor == "", sent > 0, a.name)
}
