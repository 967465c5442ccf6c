package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// The canaries are secrets that must never be seen again once they are given to the library.
const (
	canaryPassword    = "Xq7Vb2Lk9Zp4Rt8Ws3Mh"
	canarySecret      = "Zk4~Wd9.Qf6_Hn1Bs5Tj2"
	canaryCertificate = "Jm8Yf3Pd7Cx2Vq9Gw4Ln6"
	canaryVault       = "Tg5-Rn6-Kb3-Zs8-Hd1-Qp7"
)

// jwt is what a token begins with.
var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{5,}`)

// watch collects all texts of the library, and the secrets that it was given.
type watch struct {
	log logbook

	mu      sync.Mutex
	seen    strings.Builder
	secrets []string
}

func newWatch() *watch {
	return &watch{secrets: []string{canaryPassword, canarySecret, canaryCertificate, canaryVault}}
}

// over makes the watch see what a connection with these options logs, reports and receives.
func (w *watch) over(o *passwordless.Options) *passwordless.Options {
	o.Logger = w.log.logger()
	o.Observe = func(e passwordless.Event) {
		w.value(e)
		if e.Err != nil {
			w.failure(e.Err)
		}
	}
	if o.Transport != nil {
		o.Transport = &recorder{w, o.Transport}
	}
	return o
}

// secret adds one that must not be seen.
func (w *watch) secret(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.secrets, s) {
		w.secrets = append(w.secrets, s)
	}
}

// failure notes all that printing an error shows. Those who wait for one request get one error, and azidentity's
// part of it reads a response anew each time it is printed: one after the other, then.
func (w *watch) failure(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.WriteString(everyText(err) + "\n")
}

// value notes all that printing a value shows.
func (w *watch) value(v any) {
	text, err := json.Marshal(v)
	if err != nil { // a function in it, for one
		text = []byte(err.Error())
	}
	w.note(fmt.Sprintf("%v\n%+v\n%#v\n%s", v, v, v, text))
}

func (w *watch) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.WriteString(text + "\n")
}

// states notes the state of a connector, and of all.
func (w *watch) states(c opened) {
	w.value(c)
	w.value(c.Status())
	w.value(passwordless.Statuses())
}

// otherWays are the ways of a package to open a connection without its connector; nil if there are none.
type otherWays struct {
	open  func(w *watch, text string, o *passwordless.Options)
	login func(w *watch, ctx context.Context, t *testing.T, text string, o *passwordless.Options)
}

// tryOpen opens a connection in each way there is, and notes the error or the state.
func (w *watch) tryOpen(x *site, text string, o *passwordless.Options) {
	if native, err := x.create(text, o); err != nil {
		w.failure(err)
	} else {
		w.states(native)
		_ = native.Close() // never fails
	}
	if h, err := connector.Open(x.engine, text, o); err != nil {
		w.failure(err)
	} else {
		w.value(h)
		w.value(h.Config())
		_ = h.Close()
	}
	if x.others.open != nil {
		x.others.open(w, text, o)
	}
	if _, err := dsn.Parse(x.engine, text); err != nil {
		w.failure(err)
	}
}

// tryLogin logs in in each way there is, and notes how it fails.
func (w *watch) tryLogin(ctx context.Context, t *testing.T, x *site, text string, o *passwordless.Options) {
	t.Helper()
	native, err := x.create(text, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, native.Close()) }()
	err = openOnce(ctx, native)
	require.Error(t, err, "of Connect")
	require.NotContains(t, err.Error(), "\n")
	w.failure(err)
	w.states(native)
	if x.others.login != nil {
		x.others.login(w, ctx, t, text, o)
	}
}

// require asserts that no secret has been seen, and no token at all, in a text that holds these words.
func (w *watch) require(t *testing.T, words ...string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	text := w.seen.String() + w.log.String()
	require.NotEmpty(t, text)
	for _, word := range words {
		require.True(t, strings.Contains(text, word), "not seen: %s", word)
	}
	for _, secret := range w.secrets {
		requireNoPart(t, text, secret)
	}
	require.Empty(t, jwt.FindString(text))
}

// recorder notes the tokens that come in, and the credentials that go out, as secrets.
type recorder struct {
	watch *watch
	next  interface {
		Do(*http.Request) (*http.Response, error)
	}
}

var (
	receivedToken  = regexp.MustCompile(`"access_token":"([^"]+)"`)
	sentCredential = regexp.MustCompile(`client_(?:secret|assertion)=([^&]+)`)
)

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		var err error
		if request.Body, err = r.read(request.Body, sentCredential); err != nil {
			return nil, err
		}
	}
	response, err := r.next.Do(request)
	if err == nil {
		response.Body, err = r.read(response.Body, receivedToken)
	}
	return response, err
}

// read notes what is a secret in a body, and returns one to read again.
func (r *recorder) read(body io.ReadCloser, secret *regexp.Regexp) (io.ReadCloser, error) {
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	for _, m := range secret.FindAllStringSubmatch(string(content), -1) {
		r.watch.secret(m[1])
	}
	return io.NopCloser(bytes.NewReader(content)), body.Close()
}
