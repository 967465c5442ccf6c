package credential

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/cloud"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/identity"
)

const (
	hostileHeader = "canary-canary-canary"
	hostileTime   = 300 * time.Millisecond  // of a token request's context
	hostileSlack  = 1500 * time.Millisecond // a busy machine's; what ignores the context takes seconds, or for ever
	hostileMemory = 64 << 20
)

// serveHostile makes answer the host's identity endpoint. It gets a connection whose request has been read.
func serveHostile(t *testing.T, answer func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var connections sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		_ = l.Close()
		connections.Wait()
	})
	connections.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				defer func() { _ = conn.Close() }()
				connections.Go(func() { // ends an endless answer with the test
					<-ended
					_ = conn.Close()
				})
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					answer(conn)
				}
			})
		}
	})
	for _, name := range []string{"IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"} {
		t.Setenv(name, "")
	}
	t.Setenv("IDENTITY_ENDPOINT", "http://"+l.Addr().String()+"/token")
	t.Setenv("IDENTITY_HEADER", hostileHeader)
}

// askHostile asks for a token, which must end with its context and say nothing secret.
func askHostile(t *testing.T) error {
	t.Helper()
	cl := cloud.Cloud{Name: "AzureCloud", Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}
	s, err := New(identity.Identity{Kind: passwordless.SystemAssigned}, cl, &passwordless.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), hostileTime)
	defer cancel()
	began := time.Now()
	_, err = s.Fetch(ctx, true)
	assert.Less(t, time.Since(began), hostileTime+hostileSlack)
	if assert.Error(t, err) {
		connectortest.AssertClean(t, err, "canary")
	}
	return err
}

// moreMemory returns by how much the heap grew at most while f ran.
func moreMemory(f func()) int64 {
	var peak atomic.Int64
	measure := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak.Store(max(peak.Load(), int64(m.HeapAlloc)))
		return int64(m.HeapAlloc)
	}
	runtime.GC()
	before := measure()
	done, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			measure()
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(done)
	<-measured
	return peak.Load() - before
}

// forever writes text until the connection is closed.
func forever(w io.Writer, text string) {
	block := []byte(strings.Repeat(text, 1+64<<10/len(text)))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

// bomb is 1 GB of a JSON string as gzip has it, in members of 64 MB.
func bomb(t *testing.T) []byte {
	t.Helper()
	var member bytes.Buffer
	z := gzip.NewWriter(&member)
	for range 64 {
		_, err := z.Write(bytes.Repeat([]byte(" "), 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return bytes.Repeat(member.Bytes(), 16)
}

func TestHostileIdentityEndpoint(t *testing.T) {
	const ok, largest = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", "Content-Length: 9223372036854775807\r\n\r\n"
	gz := bomb(t)
	for name, answer := range map[string]func(net.Conn){
		"largest length, endless": func(c net.Conn) { _, _ = io.WriteString(c, ok+largest); forever(c, " ") },
		"largest length, silence": func(c net.Conn) { _, _ = io.WriteString(c, ok+largest); _, _ = c.Read(make([]byte, 1)) },
		"no length, endless":      func(c net.Conn) { _, _ = io.WriteString(c, ok+"\r\n"); forever(c, `{"access_token":"`) },
		"endless echo":            func(c net.Conn) { _, _ = io.WriteString(c, ok+"\r\n"); forever(c, hostileHeader) },
		"endless chunks": func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n")
			forever(c, "4\r\n    \r\n")
		},
		"largest chunk": func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n")
			forever(c, " ")
		},
		"endless chunk extension": func(c net.Conn) { _, _ = io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n4;"); forever(c, "x") },
		"endless trailer": func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n0\r\n")
			forever(c, "X: y\r\n")
		},
		"endless headers":     func(c net.Conn) { _, _ = io.WriteString(c, ok); forever(c, "X: y\r\n") },
		"endless header":      func(c net.Conn) { _, _ = io.WriteString(c, ok+"X: "); forever(c, "x") },
		"endless status line": func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 "); forever(c, "x") },
		"endless early hints": func(c net.Conn) { forever(c, "HTTP/1.1 103 Early Hints\r\n\r\n") },
		"error, endless":      func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n"); forever(c, "x") },
		"gzip of 1 GB": func(c net.Conn) {
			_, _ = fmt.Fprintf(c, "%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", ok, len(gz), gz)
		},
		"gzip of 1 GB in an error": func(c net.Conn) {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(gz), gz)
		},
		"endless gzip": func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Content-Encoding: gzip\r\n\r\n")
			forever(c, string(gz))
		},
		"deep JSON": func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Connection: close\r\n\r\n"+strings.Repeat("[", 1<<20-1))
		},
		"long number": func(c net.Conn) {
			_, _ = io.WriteString(c, ok+"Connection: close\r\n\r\n"+`{"expires_on":`+strings.Repeat("9", 1<<19)+"}")
		},
		"dripping": func(c net.Conn) {
			for _, err := io.WriteString(c, ok+largest); err == nil; _, err = io.WriteString(c, " ") {
				<-time.After(10 * time.Millisecond)
			}
		},
		"silence": func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) },
		"binary":  func(c net.Conn) { forever(c, "\x00\xff\x1b\x7f") },
	} {
		t.Run(name, func(t *testing.T) {
			serveHostile(t, answer)
			more := moreMemory(func() { _ = askHostile(t) })
			assert.LessOrEqual(t, more, int64(hostileMemory))
			t.Logf("%d KB more", more>>10)
		})
	}
}

func TestIdentityAnswerCutAtEveryByte(t *testing.T) {
	body := `{"access_token":"` + hostileHeader + `","expires_on":"99999999999","resource":"x"}`
	whole := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	var cuts atomic.Int64
	serveHostile(t, func(c net.Conn) { _, _ = io.WriteString(c, whole[:cuts.Add(1)%int64(len(whole))]) })
	more := moreMemory(func() {
		for cuts.Load() < int64(len(whole)) {
			var all sync.WaitGroup
			for range 32 {
				all.Go(func() { _ = askHostile(t) })
			}
			all.Wait()
		}
	})
	assert.LessOrEqual(t, more, int64(hostileMemory))
}

func TestAnswersOfACustomTransportAreBounded(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:9/token")
	t.Setenv("IDENTITY_HEADER", "x")
	asked := 0
	o := &passwordless.Options{Transport: connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
		asked++
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(endless{}), Request: r}, nil
	})}
	s, err := New(identity.Identity{Kind: passwordless.SystemAssigned}, cloud.Cloud{Scope: connectortest.ScopeOSS, Authority: "https://login.example.com/"}, o)
	require.NoError(t, err)
	_, err = s.Fetch(t.Context(), true)
	require.ErrorContains(t, err, "the answer is larger than 1 MB")
	assert.Equal(t, 1, asked, "another try would get no other answer")
	assert.False(t, IsTemporary(err))
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// MSAL reads the answers of Service Fabric's endpoint itself.
func TestBoundedClient(t *testing.T) {
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") == "" {
			forever(w, " ")
		}
	})
	for _, client := range []*http.Client{{}, {Transport: &http.Transport{}}, httpClient()} {
		l := httptest.NewServer(server)
		defer l.Close()
		response, err := boundedClient(client).Get(l.URL)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.ErrorIs(t, err, errConnTooLong)
		require.NoError(t, response.Body.Close())
		assert.LessOrEqual(t, len(body), 2*maxAnswer)
	}
	other := &http.Client{Transport: http.NewFileTransport(nil)}
	assert.Same(t, other, boundedClient(other), "MSAL will refuse it")
}

// Each byte of an answer costs little: nobody waits for its end longer than the context allows.
func TestALongErrorIsNotReadToItsEnd(t *testing.T) {
	long := errors.New("said " + strings.Repeat("9", 64<<20))
	began := time.Now()
	err := newIdentityError(t.Context(), identity.Identity{Kind: passwordless.SystemAssigned}, long, &lastResponse{})
	assert.Less(t, time.Since(began), 3*time.Second, "64 MB take a minute where each byte is looked at")
	assert.Contains(t, err.Error(), "said 999")
}

func TestIdentityErrorsPrintTheirTextForEveryVerb(t *testing.T) {
	id := identity.Identity{Kind: passwordless.SystemAssigned}
	err := newIdentityError(t.Context(), id, errors.New("said eyJhbGciOiJub25lIn0.canary"), &lastResponse{})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%t", "%c", "%U", "%d"} {
		out := fmt.Sprintf(verb, err)
		assert.Contains(t, out, "said ***", verb)
		assert.NotContains(t, out, "canary", verb)
	}
}
