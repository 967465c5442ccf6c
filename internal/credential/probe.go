package credential

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/azuredb/passwordless/internal/redact"
)

const (
	imdsTokenURL = "http://169.254.169.254/metadata/identity/oauth2/token"
	probeTimeout = time.Second
	cancelGrace  = 100 * time.Millisecond // for a probe to notice that its time is up
)

type probeOutcome struct {
	answered bool   // the service answered, so this host is in Azure
	Text     string // one clause, for Status
	At       time.Time
}

// probeIMDS asks Azure's instance metadata service for a token, without the header that such requests
// need: the service refuses that at once. Elsewhere other clouds, proxies, captive portals or Docker
// Desktop may answer at this address.
func probeIMDS(ctx context.Context, transport policy.Transporter) probeOutcome {
	var response *http.Response
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, imdsTokenURL, nil)
	if err == nil {
		response, err = transport.Do(request)
	}
	if err != nil {
		return noAnswer(ctx, err)
	}
	defer func() { _ = response.Body.Close() }() // nothing was written, and what was read suffices
	text := fmt.Sprintf("HTTP %d", response.StatusCode)
	if !fromIMDS(response) {
		return probeOutcome{Text: text + ", which is not the instance metadata service's"}
	}
	return probeOutcome{answered: true, Text: text}
}

// fromIMDS reports whether the instance metadata service gave the response. It signs them "Server: IMDS/"
// and a version. Without that, as from older hosts and through proxies, one of its documented error
// statuses counts if it comes with its error document: a JSON object with a text named error.
func fromIMDS(response *http.Response) bool {
	if server := response.Header.Get("Server"); len(server) > 5 && strings.EqualFold(server[:5], "IMDS/") {
		return true
	}
	var document struct {
		Error string `json:"error"`
	}
	switch status := response.StatusCode; {
	case status == http.StatusBadRequest, status == http.StatusNotFound, status == http.StatusGone,
		status == http.StatusTooManyRequests, status >= 500:
		err := json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&document)
		return err == nil && document.Error != ""
	}
	return false
}

func ownProbe(ctx context.Context, probe func(context.Context) bool) probeOutcome {
	if probe(ctx) {
		return probeOutcome{answered: true, Text: "Options.ProbeIMDS says yes"}
	}
	return probeOutcome{Text: "Options.ProbeIMDS says no"}
}

func noAnswer(ctx context.Context, err error) probeOutcome {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return probeOutcome{Text: "no answer within " + probeTimeout.String()}
	}
	return probeOutcome{Text: "no answer: " + redact.Clip(redact.OneLine(err.Error()))}
}

// prober finds out whether the host is in Azure. An answer of the metadata service proves it for good;
// any other outcome decides nothing, and the service is asked again. There is one probe at a time.
type prober struct {
	ask    func(context.Context) probeOutcome
	proven atomic.Bool

	mu      sync.Mutex
	handles int          // guarded by mu: the open handles it probes for
	waiters int          // guarded by mu: those who wait for the probe
	running *probe       // guarded by mu: the probe under way
	last    probeOutcome // guarded by mu: of the latest probe
}

type probe struct {
	cancel    context.CancelFunc
	cancelled bool          // guarded by prober.mu: because no one has a use for it
	done      chan struct{} // closed when it has ended
}

// wait is [Source.Probe].
func (p *prober) wait(ctx context.Context) bool {
	for cut := true; cut && !p.proven.Load(); {
		cut = p.waitOnce(ctx)
	}
	return p.proven.Load()
}

// waitOnce waits for the probe under way, or a new one. It reports whether that was cancelled, and so says nothing.
func (p *prober) waitOnce(ctx context.Context) bool {
	p.mu.Lock()
	running := p.start()
	p.waiters++
	p.mu.Unlock()
	ended := false
	select {
	case <-running.done:
		ended = true
	case <-time.After(probeTimeout + cancelGrace): // the probe may not obey its own limit
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters--
	p.stop()
	return ended && running.cancelled && ctx.Err() == nil
}

func (p *prober) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.proven.Load() {
		p.start()
	}
}

// start returns the probe under way, or begins one. mu is held.
func (p *prober) start() *probe {
	if p.running != nil {
		return p.running
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	running := &probe{cancel: cancel, done: make(chan struct{})}
	p.running = running
	go func() {
		defer close(running.done)
		defer cancel()
		outcome := p.call(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running = nil
		if running.cancelled && !outcome.answered {
			return // it says nothing
		}
		outcome.At = time.Now()
		p.last = outcome
		p.proven.CompareAndSwap(false, outcome.answered)
	}()
	return running
}

// call asks. A panic is no answer: it must not end the program.
func (p *prober) call(ctx context.Context) (outcome probeOutcome) {
	defer func() {
		if raised := recover(); raised != nil {
			outcome = probeOutcome{Text: fmt.Sprintf("the probe panicked with a value of type %T", raised)}
		}
	}()
	return p.ask(ctx)
}

// stop cancels the probe under way if no one needs it. mu is held.
func (p *prober) stop() {
	if p.running != nil && p.handles == 0 && p.waiters == 0 {
		p.running.cancelled = true
		p.running.cancel()
	}
}

func (p *prober) subscribe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handles++
}

func (p *prober) unsubscribe() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handles--
	p.stop()
}

// outcome returns that of the latest probe; zero before it.
func (p *prober) outcome() probeOutcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}
