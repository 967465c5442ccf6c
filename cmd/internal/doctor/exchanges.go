package doctor

import (
	"net/http"
	"sync"
	"time"

	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
)

// exchange is one HTTP request to an issuer of tokens, and how it ended.
type exchange struct {
	url    string // without the query
	status int    // 0 if there was no answer
	took   time.Duration
	skew   time.Duration // how much later its clock is than ours
	dated  bool          // it has told its time
}

// exchanges keeps those of one walk.
type exchanges struct {
	next http.RoundTripper

	mu  sync.Mutex
	all []exchange // guarded by mu
}

func newExchanges() *exchanges { return &exchanges{next: credential.Client().Transport} }

// client is the library's own, watched. On Service Fabric the SDK must have a client of its own: it pins the endpoint's certificate.
func (e *exchanges) client() *http.Client {
	own := *credential.Client()
	if !identity.OnServiceFabric() {
		own.Transport = e
	}
	return &own
}

// RoundTrip implements [http.RoundTripper].
func (e *exchanges) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := e.next.RoundTrip(r)
	took := time.Since(began)
	x := exchange{url: r.URL.Scheme + "://" + r.URL.Host + r.URL.Path, took: took}
	if err == nil {
		x.status = response.StatusCode
		if at, dateErr := http.ParseTime(response.Header.Get("Date")); dateErr == nil {
			x.skew, x.dated = at.Sub(began.Add(took/2)), true
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, x)
	return response, err
}

// list returns the exchanges so far.
func (e *exchanges) list() []exchange {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]exchange(nil), e.all...)
}
