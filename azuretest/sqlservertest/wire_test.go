package sqlservertest

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
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
	cloud := azuretest.New(t, nil)
	return bench{New(t, cloud, o), cloud}
}

// newRaw starts a server, which is willing to go on without TLS if plaintext is
// set, and connects to it.
func newRaw(t *testing.T, plaintext bool) (bench, *raw) {
	t.Helper()
	server := newBench(t, &Options{
		Passwords: map[string]string{"owner": "secret"},
		STSURL:    publicSTSURL,
		Verify:    func(string) (azuretest.Claims, error) { return azuretest.Claims{}, nil },
	})
	if plaintext {
		server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	}
	return server, dialRaw(t, server.Server)
}

func dialRaw(t *testing.T, server *Server) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", server.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
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
	refusals := errorsIn(answer.Refused)
	require.Len(t, refusals, 1)
	return refusals[0]
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

func TestHostileClients(t *testing.T) {
	owner := &tds.Login{Version: tds.Version74, UserName: "owner", Password: "secret"}
	old, integrated := *owner, *owner
	old.Version = 0x71000001
	windows := integrated.Encode()
	windows[tds.LoginFlags2] |= tds.FlagIntegrated
	echo := askForToken(owner.Encode(), tds.Adal<<1|1, 3)
	for _, c := range []struct {
		name   string
		kind   tds.Kind
		body   []byte
		number int32 // 0: no answer
		err    string
	}{
		{"broken login", tds.KindLogin, []byte{1, 2, 3}, 17832, "LOGIN7 has 3 bytes"},
		{"Windows authentication", tds.KindLogin, windows, 18452, "Integrated"},
		{"echo of what was not said", tds.KindLogin, echo, 17832, "FEDAUTHREQUIRED"},
		{"old protocol", tds.KindLogin, old.Encode(), 0, "speaks TDS 7.1"},
		{"a batch before the login", tds.KindBatch, []byte{1}, 0, "want a login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, raw := newRaw(t, true)
			assert.Equal(t, tds.EncryptNone, raw.hello(t, tds.Options{}).Encryption())
			if c.number != 0 {
				assert.Equal(t, c.number, raw.refused(t, c.kind, c.body).Number)
				raw.Close()
			} else {
				require.NoError(t, raw.Send(c.kind, c.body))
				raw.closed(t)
			}
			require.NoError(t, server.Close())
			require.Len(t, server.Logins(), 1)
			assert.ErrorContains(t, server.Logins()[0].Err, c.err)
		})
	}
}

func TestHostilePrelogin(t *testing.T) {
	server, raw := newRaw(t, false)
	assert.Equal(t, int32(17828), raw.refused(t, tds.KindPrelogin, []byte{1, 2, 3}).Number)
	require.NoError(t, raw.Close())
	require.NoError(t, dialRaw(t, server.Server).Close()) // says nothing, leaves no record

	silent := dialRaw(t, server.Server)
	silent.hello(t, tds.Options{})
	require.NoError(t, silent.Close())
	broken := dialRaw(t, server.Server)
	broken.hello(t, tds.Options{tds.OptionEncryption: {tds.EncryptOn}})
	require.NoError(t, broken.Send(tds.KindPrelogin, []byte("no TLS")))
	broken.closed(t)
	require.NoError(t, server.Close())
	for _, login := range server.Logins() {
		assert.Error(t, login.Err)
		assert.False(t, login.TLS)
	}
	assert.Len(t, server.Logins(), 3)
}

// A login in clear text is refused, but it was sent: with PRELOGIN and without.
func TestHostileToItself(t *testing.T) {
	server, raw := newRaw(t, false)
	login := (&tds.Login{Version: tds.Version74, UserName: "owner", Password: "secret"}).Encode()
	assert.Equal(t, tds.EncryptRequired, raw.hello(t, tds.Options{}).Encryption())
	assert.Equal(t, int32(17835), raw.refused(t, tds.KindLogin, login).Number)
	raw = dialRaw(t, server.Server)
	assert.Equal(t, int32(17835), raw.refused(t, tds.KindLogin, login).Number)

	// One that was refused sends its token all the same.
	raw = dialRaw(t, server.Server)
	adal := askForToken((&tds.Login{Version: tds.Version74}).Encode(), tds.Adal<<1, 3)
	assert.Equal(t, int32(17835), raw.refused(t, tds.KindLogin, adal).Number)
	token := withLength("abc")
	require.NoError(t, raw.Send(tds.KindToken, append([]byte{byte(len(token)), 0, 0, 0}, token...)))
	require.Eventually(t, func() bool { return len(server.Plaintext()) == 3 }, 10*time.Second, time.Millisecond)
	lengths := make(map[int]int)
	for _, login := range server.Plaintext() {
		lengths[login.PasswordLength]++
	}
	assert.Equal(t, map[int]int{len("secret"): 2, len("abc"): 1}, lengths)
}

func TestWireNonces(t *testing.T) {
	client := []byte("0123456789abcdef0123456789ABCDEF")
	login := (&tds.Login{Version: tds.Version74}).Encode()
	for _, c := range []struct {
		name   string
		answer func(server []byte) []byte
		number int32
	}{
		{"the server's", func(server []byte) []byte { return server }, 0},
		{"the client's", func([]byte) []byte { return client }, 17832},
		{"none", func([]byte) []byte { return nil }, 17832},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, raw := newRaw(t, true)
			agreed := raw.hello(t, tds.Options{tds.OptionFedAuth: {1}, tds.OptionNonce: client})
			require.Len(t, agreed[tds.OptionNonce], tds.NonceLength)
			require.NotEqual(t, client, agreed[tds.OptionNonce])
			request := askForToken(login, append([]byte{tds.SecurityToken<<1 | 1}, withLength("abc", c.answer(agreed[tds.OptionNonce])...)...)...)
			if c.number != 0 {
				assert.Equal(t, c.number, raw.refused(t, tds.KindLogin, request).Number)
				return
			}
			ack := append([]byte{tds.TokenFeatureExtAck, tds.FeatureFedAuth, tds.NonceLength, 0, 0, 0}, client...)
			assert.Contains(t, string(raw.ask(t, tds.KindLogin, request)), string(append(ack, tds.FeatureEnd)))
		})
	}
}

// A client that was told where to get a token sends something else.
func TestWireNoToken(t *testing.T) {
	for _, c := range []struct {
		name string
		kind tds.Kind
		body []byte
		err  string
	}{
		{"a batch", tds.KindBatch, []byte{1}, "want a token"},
		{"a broken token", tds.KindToken, []byte{1}, "structurally invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, raw := newRaw(t, true)
			raw.hello(t, tds.Options{tds.OptionFedAuth: {1}})
			request := askForToken((&tds.Login{Version: tds.Version74}).Encode(), tds.Adal<<1|1, 3)
			assert.Equal(t, tds.FedAuthInfo(publicSTSURL, azuretest.SQLAudience), raw.ask(t, tds.KindLogin, request))
			require.NoError(t, raw.Send(c.kind, c.body))
			if _, err := raw.Receive(); err != nil {
				require.ErrorIs(t, err, io.EOF)
			}
			require.NoError(t, raw.Close())
			require.NoError(t, server.Close())
			assert.ErrorContains(t, server.Logins()[0].Err, c.err)
		})
	}
}

// TLS first, but not for TDS; and TLS where the server said that it has none.
func TestWireTLS(t *testing.T) {
	server, raw := newRaw(t, false)
	conn := tls.Client(raw.Conn, &tls.Config{RootCAs: server.cloud.CA().Pool(), ServerName: "localhost"})
	require.NoError(t, conn.Handshake())
	_, err := conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)

	server.Inject(azuretest.ServerFault{Kind: azuretest.NoTLS})
	raw = dialRaw(t, server.Server)
	assert.Equal(t, tds.EncryptNone, raw.hello(t, tds.Options{}).Encryption())
	require.NoError(t, raw.Send(tds.KindPrelogin, []byte{tlsRecord}))
	_, err = raw.Receive()
	require.Error(t, err)
	require.NoError(t, server.Close())
	logins := server.Logins()
	require.Len(t, logins, 2)
	assert.ErrorContains(t, logins[0].Err, "did not name the protocol tds/8.0")
	assert.ErrorContains(t, logins[1].Err, "which is off")
}

// The ordinary server speaks the client's version of TDS, 7.4 at most.
func TestBackendVersion(t *testing.T) {
	const version73 = 0x730B0003
	for _, c := range []struct {
		asked, told uint32
		spoken      string
	}{
		{version73, version73, "7.3"},
		{tds.Version74, tds.Version74, "7.4"},
		{tds.Version74 + 1, tds.Version74, "7.4"},
		{tds.Version80, tds.Version80, "7.4"},
	} {
		t.Run(tds.VersionName(c.asked), func(t *testing.T) {
			ordinary, _ := newRaw(t, true)
			front := newBench(t, &Options{
				Passwords: map[string]string{"app": "password"},
				Backend:   "sqlserver://owner:secret@" + ordinary.Addr(),
			})
			front.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})

			client := dialRaw(t, front.Server)
			client.hello(t, tds.Options{})
			login := &tds.Login{Version: c.asked, UserName: "app", Password: "password"}
			answer, err := tds.ParseLoginAnswer(client.ask(t, tds.KindLogin, login.Encode()))
			require.NoError(t, err)
			assert.Equal(t, c.told, binary.BigEndian.Uint32(answer.Version))
			assert.Equal(t, c.spoken, ordinary.Logins()[0].Parameters["tds version"])
		})
	}
}
