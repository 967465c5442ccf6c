package azuretest

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
)

// sqlRaw is a client that does as it is told.
type sqlRaw struct {
	net.Conn
	*tdsStream
}

// newSQLRaw starts a server, which is willing to go on without TLS if plaintext is
// set, and connects to it.
func newSQLRaw(t *testing.T, plaintext bool) (*SQLServer, *sqlRaw) {
	t.Helper()
	ca, err := NewCA()
	require.NoError(t, err)
	server, err := NewSQLServer(ca, &SQLServerOptions{
		Passwords: map[string]string{"owner": "secret"},
		Verify:    func(string) (Claims, error) { return Claims{}, nil },
	})
	require.NoError(t, err)
	require.NoError(t, server.listen())
	t.Cleanup(func() { server.Close() })
	if plaintext {
		server.Inject(ServerFault{Kind: Plaintext})
	}
	return server, dialSQLRaw(t, server)
}

func dialSQLRaw(t *testing.T, server *SQLServer) *sqlRaw {
	t.Helper()
	conn, err := net.Dial("tcp", server.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return &sqlRaw{conn, newTDSStream(conn)}
}

// hello exchanges PRELOGIN.
func (r *sqlRaw) hello(t *testing.T, options tdsOptions) tdsOptions {
	t.Helper()
	options[tdsOptionVersion] = []byte{1, 2, 3, 4, 5, 6}
	require.NoError(t, r.send(tdsPrelogin, options.encode()))
	answer, err := r.receive()
	require.NoError(t, err)
	require.Equal(t, tdsReply, answer.kind)
	agreed, err := parseTDSPrelogin(answer.body)
	require.NoError(t, err)
	return agreed
}

// ask sends a message and returns the answer's tokens, which are a login's.
func (r *sqlRaw) ask(t *testing.T, kind tdsKind, body []byte) []byte {
	t.Helper()
	require.NoError(t, r.send(kind, body))
	answer, err := r.receive()
	require.NoError(t, err)
	require.Equal(t, tdsReply, answer.kind)
	return answer.body
}

// refused sends a message and returns the only error in the answer.
func (r *sqlRaw) refused(t *testing.T, kind tdsKind, body []byte) *SQLServerError {
	t.Helper()
	answer, err := parseTDSLoginAnswer(r.ask(t, kind, body))
	require.NoError(t, err)
	refusals := sqlErrors(answer.refused)
	require.Len(t, refusals, 1)
	return refusals[0]
}

// closed waits for the server to hang up, without another word.
func (r *sqlRaw) closed(t *testing.T) {
	t.Helper()
	_, err := r.receive()
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

func TestSQLServerHostileClients(t *testing.T) {
	owner := &tdsLogin{version: tdsVersion74, userName: "owner", password: "secret"}
	old, integrated := *owner, *owner
	old.version = 0x71000001
	windows := integrated.encode()
	windows[tdsLoginFlags2] |= tdsFlagIntegrated
	echo := askForToken(owner.encode(), tdsADAL<<1|1, 3)
	for _, c := range []struct {
		name   string
		kind   tdsKind
		body   []byte
		number int32 // 0: no answer
		err    string
	}{
		{"broken login", tdsLogin7, []byte{1, 2, 3}, 17832, "LOGIN7 has 3 bytes"},
		{"Windows authentication", tdsLogin7, windows, 18452, "Integrated"},
		{"echo of what was not said", tdsLogin7, echo, 17832, "FEDAUTHREQUIRED"},
		{"old protocol", tdsLogin7, old.encode(), 0, "speaks TDS 7.1"},
		{"a batch before the login", tdsBatch, []byte{1}, 0, "want a login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, raw := newSQLRaw(t, true)
			assert.Equal(t, tdsEncryptNone, raw.hello(t, tdsOptions{}).encryption())
			if c.number != 0 {
				assert.Equal(t, c.number, raw.refused(t, c.kind, c.body).Number)
				raw.Close()
			} else {
				require.NoError(t, raw.send(c.kind, c.body))
				raw.closed(t)
			}
			require.NoError(t, server.Close())
			require.Len(t, server.Logins(), 1)
			assert.ErrorContains(t, server.Logins()[0].Err, c.err)
		})
	}
}

func TestSQLServerHostilePrelogin(t *testing.T) {
	server, raw := newSQLRaw(t, false)
	assert.Equal(t, int32(17828), raw.refused(t, tdsPrelogin, []byte{1, 2, 3}).Number)
	require.NoError(t, raw.Close())
	require.NoError(t, dialSQLRaw(t, server).Close()) // says nothing, leaves no record

	silent := dialSQLRaw(t, server)
	silent.hello(t, tdsOptions{})
	require.NoError(t, silent.Close())
	broken := dialSQLRaw(t, server)
	broken.hello(t, tdsOptions{tdsOptionEncryption: {tdsEncryptOn}})
	require.NoError(t, broken.send(tdsPrelogin, []byte("no TLS")))
	broken.closed(t)
	require.NoError(t, server.Close())
	for _, login := range server.Logins() {
		assert.Error(t, login.Err)
		assert.False(t, login.TLS)
	}
	assert.Len(t, server.Logins(), 3)
}

// A login in clear text is refused, but it was sent: with PRELOGIN and without.
func TestSQLServerHostileToItself(t *testing.T) {
	server, raw := newSQLRaw(t, false)
	login := (&tdsLogin{version: tdsVersion74, userName: "owner", password: "secret"}).encode()
	assert.Equal(t, tdsEncryptRequired, raw.hello(t, tdsOptions{}).encryption())
	assert.Equal(t, int32(17835), raw.refused(t, tdsLogin7, login).Number)
	raw = dialSQLRaw(t, server)
	assert.Equal(t, int32(17835), raw.refused(t, tdsLogin7, login).Number)

	// One that was refused sends its token all the same.
	raw = dialSQLRaw(t, server)
	adal := askForToken((&tdsLogin{version: tdsVersion74}).encode(), tdsADAL<<1, 3)
	assert.Equal(t, int32(17835), raw.refused(t, tdsLogin7, adal).Number)
	token := withLength("abc")
	require.NoError(t, raw.send(tdsToken, append([]byte{byte(len(token)), 0, 0, 0}, token...)))
	require.Eventually(t, func() bool { return len(server.Plaintext()) == 3 }, 10*time.Second, time.Millisecond)
	lengths := make(map[int]int)
	for _, login := range server.Plaintext() {
		lengths[login.PasswordLength]++
	}
	assert.Equal(t, map[int]int{len("secret"): 2, len("abc"): 1}, lengths)
}

func TestSQLServerWireNonces(t *testing.T) {
	client := []byte("0123456789abcdef0123456789ABCDEF")
	login := (&tdsLogin{version: tdsVersion74}).encode()
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
			_, raw := newSQLRaw(t, true)
			agreed := raw.hello(t, tdsOptions{tdsOptionFedAuth: {1}, tdsOptionNonce: client})
			require.Len(t, agreed[tdsOptionNonce], tdsNonceLength)
			require.NotEqual(t, client, agreed[tdsOptionNonce])
			request := askForToken(login, append([]byte{tdsSecurityToken<<1 | 1}, withLength("abc", c.answer(agreed[tdsOptionNonce])...)...)...)
			if c.number != 0 {
				assert.Equal(t, c.number, raw.refused(t, tdsLogin7, request).Number)
				return
			}
			ack := append([]byte{tdsTokenFeatureExtAck, tdsFeatureFedAuth, tdsNonceLength, 0, 0, 0}, client...)
			assert.Contains(t, string(raw.ask(t, tdsLogin7, request)), string(append(ack, tdsFeatureEnd)))
		})
	}
}

// A client that was told where to get a token sends something else.
func TestSQLServerWireNoToken(t *testing.T) {
	for _, c := range []struct {
		name string
		kind tdsKind
		body []byte
		err  string
	}{
		{"a batch", tdsBatch, []byte{1}, "want a token"},
		{"a broken token", tdsToken, []byte{1}, "structurally invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, raw := newSQLRaw(t, true)
			raw.hello(t, tdsOptions{tdsOptionFedAuth: {1}})
			request := askForToken((&tdsLogin{version: tdsVersion74}).encode(), tdsADAL<<1|1, 3)
			assert.Equal(t, tdsFedAuthInfo(publicSTSURL, SQLAudience), raw.ask(t, tdsLogin7, request))
			require.NoError(t, raw.send(c.kind, c.body))
			if _, err := raw.receive(); err != nil {
				require.ErrorIs(t, err, io.EOF)
			}
			require.NoError(t, raw.Close())
			require.NoError(t, server.Close())
			assert.ErrorContains(t, server.Logins()[0].Err, c.err)
		})
	}
}

// TLS first, but not for TDS; and TLS where the server said that it has none.
func TestSQLServerWireTLS(t *testing.T) {
	server, raw := newSQLRaw(t, false)
	conn := tls.Client(raw.Conn, &tls.Config{RootCAs: server.ca.Pool(), ServerName: "localhost"})
	require.NoError(t, conn.Handshake())
	_, err := conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)

	server.Inject(ServerFault{Kind: NoTLS})
	raw = dialSQLRaw(t, server)
	assert.Equal(t, tdsEncryptNone, raw.hello(t, tdsOptions{}).encryption())
	require.NoError(t, raw.send(tdsPrelogin, []byte{tlsHandshakeRecord}))
	_, err = raw.receive()
	require.Error(t, err)
	require.NoError(t, server.Close())
	logins := server.Logins()
	require.Len(t, logins, 2)
	assert.ErrorContains(t, logins[0].Err, "did not name the protocol tds/8.0")
	assert.ErrorContains(t, logins[1].Err, "which is off")
}

// The ordinary server speaks the client's version of TDS, 7.4 at most.
func TestSQLServerBackendVersion(t *testing.T) {
	const version73 = 0x730B0003
	for _, c := range []struct {
		asked, told uint32
		spoken      string
	}{
		{version73, version73, "7.3"},
		{tdsVersion74, tdsVersion74, "7.4"},
		{tdsVersion74 + 1, tdsVersion74, "7.4"},
		{tdsVersion80, tdsVersion80, "7.4"},
	} {
		t.Run(tdsVersionName(c.asked), func(t *testing.T) {
			ordinary, _ := newSQLRaw(t, true)
			front, err := NewSQLServer(ordinary.ca, &SQLServerOptions{
				Passwords: map[string]string{"app": "password"},
				Backend:   &SQLServerBackend{Host: ordinary.Host(), Port: ordinary.Port(), User: "owner", Password: "secret"},
			})
			require.NoError(t, err)
			require.NoError(t, front.listen())
			t.Cleanup(func() { front.Close() })
			front.Inject(ServerFault{Kind: Plaintext})

			client := dialSQLRaw(t, front)
			client.hello(t, tdsOptions{})
			login := &tdsLogin{version: c.asked, userName: "app", password: "password"}
			answer, err := parseTDSLoginAnswer(client.ask(t, tdsLogin7, login.encode()))
			require.NoError(t, err)
			assert.Equal(t, c.told, binary.BigEndian.Uint32(answer.version))
			assert.Equal(t, c.spoken, ordinary.Logins()[0].Parameters["tds version"])
		})
	}
}
