package azuretest

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Fault makes the cloud misbehave. Which requests it meets is said by
// Endpoint, Identity and Times; the rest says what happens. A request meets at most
// one fault, the oldest that fits.
type Fault struct {
	Endpoint Endpoint // default: every endpoint but Discovery
	Identity string   // the id that the request must name (client, object or resource id); default: any
	Times    int      // how many requests it meets; default: no limit

	Delay     time.Duration // wait first; a client that leaves, and Close, end it
	CloseConn bool          // close the connection without an answer; a tool ends with code 1 and no text
	Status    int           // answer this HTTP status; a tool ends with this exit code, 0 for 200, 1 if it is more than 255

	Body       string        // with Status; default: what the endpoint itself says with that status. HTML is sent as such
	RetryAfter time.Duration // with Status: the Retry-After header, in whole seconds, rounded up

	Lifetime time.Duration // tokens given live this long; negative: they arrive expired
}

// activeFault counts how often a fault may still be met; negative: no limit.
type activeFault struct {
	Fault
	left int
}

// Inject makes the cloud misbehave from now on. The returned function ends
// that; it may be called more than once.
func (c *Cloud) Inject(f Fault) (remove func()) {
	a := &activeFault{Fault: f, left: f.Times}
	if f.Times <= 0 {
		a.left = -1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, a)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.faults = slices.DeleteFunc(c.faults, func(other *activeFault) bool { return other == a })
	}
}

// takeFault returns the fault that a request meets, the zero Fault if none.
func (c *Cloud) takeFault(r *Request) Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, a := range c.faults {
		if !a.meets(r) {
			continue
		}
		if a.left > 0 {
			a.left--
		}
		if a.left == 0 {
			c.faults = slices.Delete(c.faults, i, i+1)
		}
		return a.Fault
	}
	return Fault{}
}

func (f *Fault) meets(r *Request) bool {
	if f.Endpoint == "" && r.Endpoint == Discovery {
		return false
	}
	return (f.Endpoint == "" || f.Endpoint == r.Endpoint) &&
		(f.Identity == "" || strings.EqualFold(f.Identity, r.Identity))
}

// answer is an endpoint's response.
type answer struct {
	status int
	header http.Header
	body   string
	name   string // Identity.Name of the identity that gets a token
}

// decide applies a fault to a request, or lets the endpoint answer. ok is false
// if the connection is to be closed without an answer. ctx is the client's.
func (c *Cloud) decide(ctx context.Context, f Fault, errorBody func(status int) string, good func(Fault) answer) (a answer, ok bool) {
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return answer{}, false
		}
	}
	switch {
	case f.CloseConn:
		return answer{}, false
	case f.Status != 0:
		a := answer{status: f.Status, header: http.Header{}, body: cmp.Or(f.Body, errorBody(f.Status))}
		if strings.HasPrefix(f.Body, "<") {
			a.header.Set("Content-Type", "text/html")
		}
		if f.RetryAfter > 0 {
			seconds := int64((f.RetryAfter + time.Second - 1) / time.Second)
			a.header.Set("Retry-After", strconv.FormatInt(seconds, 10))
		}
		return a, true
	}
	return good(f), true
}
