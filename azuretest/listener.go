package azuretest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
)

// A server is one loopback HTTP listener that can be stopped and started again
// on its port.
type server struct {
	handler http.Handler
	tls     *tls.Config // if nil, plain http
	addr    string      // host:port, fixed by the first start

	mu   sync.Mutex // guards what follows
	http *http.Server
	done chan struct{} // closed when the serve loop has returned
}

// start listens; on an ephemeral port the first time, on the same one later.
func (s *server) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return nil
	}
	addr := s.addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	if s.addr == "" { // clients read it without a lock once the cloud has started
		s.addr = listener.Addr().String()
	}
	if s.tls != nil {
		listener = tls.NewListener(listener, s.tls)
	}
	// Clients that refuse the certificate are the client's business, not standard error's.
	s.http = &http.Server{Handler: s.handler, ErrorLog: log.New(io.Discard, "", 0)}
	s.done = make(chan struct{})
	go func(h *http.Server, done chan struct{}) {
		defer close(done)
		_ = h.Serve(listener) // always ends with ErrServerClosed
	}(s.http, s.done)
	return nil
}

// stop closes the listener and every connection.
func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.done
	s.http = nil
	return err
}

// exchange logs one HTTP request, lets it meet a fault or be answered by good,
// and writes the answer. errorBody is the body for a status that a fault wants.
func (c *Cloud) exchange(w http.ResponseWriter, r *http.Request, entry Request, errorBody func(status int) string, good func(Fault) answer) {
	if !c.begin() {
		panic(http.ErrAbortHandler)
	}
	defer c.running.Done()
	entry.Path = r.URL.Path
	logged := c.arrived(entry)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(c.closed, cancel)()
	a, ok := c.decide(ctx, c.takeFault(logged), errorBody, good)
	if !ok {
		panic(http.ErrAbortHandler) // net/http's way to close the connection without an answer
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	for key, values := range a.header {
		header[key] = values
	}
	c.answered(logged, a.status, a.name)
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body) // a client that has left is no error
}

// encode returns v as JSON. It is for values made of strings, numbers and maps
// of these, which can always be encoded.
func encode(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
