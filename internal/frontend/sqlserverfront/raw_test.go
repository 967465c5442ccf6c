package sqlserverfront

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/tds"
)

// raw is a client that does as it is told.
type raw struct {
	net.Conn
	*tds.Stream
}

// bench is a cloud and a server.
type bench struct {
	*Server
	cloud *azuretest.Cloud
}

func newBench(t *testing.T, o *Options) bench {
	t.Helper()
	cloud := azuretest.New(t)
	return bench{frontend.Must(t, Start, cloud, o), cloud}
}

// newRaw starts a server, which is willing to go on without TLS if plaintext is
// set, and connects to it.
func newRaw(t *testing.T, plaintext bool) (bench, *raw) {
	t.Helper()
	server := newBench(t, &Options{
		ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"owner": "secret"}},
		STSURL:        publicSTSURL,
		Verify:        func(string) (azuretest.Claims, error) { return azuretest.Claims{}, nil },
	})
	if plaintext {
		server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	}
	return server, dialRaw(t, server.Server)
}

func dialRaw(t *testing.T, server *Server) *raw {
	t.Helper()
	conn := frontendtest.Dial(t, server)
	return &raw{conn, tds.NewStream(conn, conn)}
}

// hello exchanges PRELOGIN.
func (r *raw) hello(t *testing.T, options tds.Options) tds.Options {
	t.Helper()
	options[tds.OptionVersion] = []byte{1, 2, 3, 4, 5, 6}
	require.NoError(t, r.Send(tds.KindPrelogin, options.Encode()))
	answer, err := r.Receive()
	require.NoError(t, err)
	require.Equal(t, tds.KindReply, answer.Kind)
	agreed, err := tds.ParsePrelogin(answer.Body)
	require.NoError(t, err)
	return agreed
}

// ask sends a message and returns the answer's tokens, which are a login's.
func (r *raw) ask(t *testing.T, kind tds.Kind, body []byte) []byte {
	t.Helper()
	require.NoError(t, r.Send(kind, body))
	answer, err := r.Receive()
	require.NoError(t, err)
	require.Equal(t, tds.KindReply, answer.Kind)
	return answer.Body
}

// refused sends a message and returns the only error in the answer.
func (r *raw) refused(t *testing.T, kind tds.Kind, body []byte) *tds.Error {
	t.Helper()
	answer, err := tds.ParseLoginAnswer(r.ask(t, kind, body))
	require.NoError(t, err)
	serverErrors := errorsIn(answer.Refused)
	require.Len(t, serverErrors, 1)
	return serverErrors[0]
}

// closed waits for the server to hang up, without another word.
func (r *raw) closed(t *testing.T) {
	t.Helper()
	_, err := r.Receive()
	require.ErrorIs(t, err, io.EOF)
}

// askForToken adds the feature extension FEDAUTH to a LOGIN7 (MS-TDS 2.2.6.4).
func askForToken(login []byte, data ...byte) []byte {
	b := bytes.Clone(login)
	b[27] |= 0x10 // OptionFlags3: extensions
	binary.LittleEndian.PutUint32(b[56:], uint32(len(b))|4<<16)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(b)+4))
	b = binary.LittleEndian.AppendUint32(append(b, 2), uint32(len(data)))
	b = append(append(b, data...), 0xFF)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// withLength is a token after its length, and what follows it.
func withLength(token string, rest ...byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(2*len(token)))
	for _, c := range []byte(token) {
		b = append(b, c, 0)
	}
	return append(b, rest...)
}
