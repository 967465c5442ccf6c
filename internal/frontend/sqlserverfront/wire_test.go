package sqlserverfront

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/tds"
)

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
		assert.Zero(t, login.TLS)
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
				ServerOptions: azuretest.ServerOptions{
					Passwords: map[string]string{"app": "password"},
					Backend:   "sqlserver://owner:secret@" + ordinary.Addr(),
				},
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
