package sqlserver

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/internal/sqlopen"
	"github.com/azuredb/passwordless/internal/tds"
	"github.com/azuredb/passwordless/internal/tdstls"
)

// peerHost is the server of a [drivertest.Peer].
const peerHost = "127.0.0.1"

// Settings of the fuzz targets.
const (
	strict      = 1 << iota // TDS 8.0
	plain                   // a password without TLS, not a token
	ofPrincipal             // whose tenant the server must name
	again       = 7 << iota // the server repeats itself: three bits, for it takes as long as hundreds that do not
)

// message is one of a server's, in one packet.
func message(body string) string {
	return "\x04\x01" + string(binary.BigEndian.AppendUint16(nil, uint16(tdstls.HeaderSize+len(body)))) + "\x00\x00\x01\x00" + body
}

// prelogin answers with what it says about encryption.
func prelogin(encryption byte) string {
	return message("\x00\x00\x10\x00\x06\x01\x00\x16\x00\x01\x06\x00\x17\x00\x01\xff" + "\x0c\x00\x07\xd0\x00\x00" + string([]byte{encryption}) + "\x01")
}

// FuzzBeforeTLS has anybody answer PRELOGIN, or with TDS 8.0 the first record of TLS: nothing leaves but those and TLS.
func FuzzBeforeTLS(f *testing.F) {
	for _, says := range []string{
		"", prelogin(encryptOn), prelogin(encryptRequired), prelogin(encryptNone), prelogin(0), prelogin(encryptOn) + message("\x15\x03\x03\x00\x02\x02\x28"),
		prelogin(encryptOn) + "\x12\x01\x00\x0d\x00\x00\x01\x00\x16\x03\x03\x00\x04" + "\x12\x01\x00\x0c\x00\x00\x01\x00\x02\x00\x00\x00",
		message("\x01\x00\x06\x00\x00\xff."), message("\xff"), "\x04\x00\xff\xff\x00\x00\x01\x00", "\x15\x03\x03\x00\x02\x02\x28", "\x16\x03\x03\x00\x04\x02\x00\x00\x00",
	} {
		for _, settings := range []byte{0, again, strict} {
			f.Add([]byte(says), settings)
		}
	}
	f.Fuzz(func(t *testing.T, says []byte, settings byte) {
		synctest.Test(t, func(t *testing.T) {
			p := drivertest.NewPeer(says, settings&again == again)
			s := "server=" + peerHost + ";database=orders;"
			if settings&strict != 0 {
				s += "encrypt=strict"
			}
			c, err := NewConnector(s, p.Options)
			require.NoError(t, err)
			defer c.Close()
			require.Error(t, p.LogIn(t, c.Connect))
			for _, conn := range p.Conns() {
				requireBounded(t, conn)
				sent := conn.Sent()
				if settings&strict == 0 {
					sent = requirePrelogin(t, sent)
				}
				drivertest.RequireTLS(t, sent)
			}
		})
	})
}

// requirePrelogin checks that PRELOGIN messages, of which the first asks for TLS, are all that was sent, and returns
// what the others hold.
func requirePrelogin(t *testing.T, sent []byte) (inside []byte) {
	stream := tds.NewStream(bytes.NewReader(sent), io.Discard)
	first := true
	for {
		m, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return inside
		}
		require.NoError(t, err)
		require.Equal(t, tds.KindPrelogin, m.Kind)
		if !first {
			inside = append(inside, m.Body...)
			continue
		}
		options, err := tds.ParsePrelogin(m.Body)
		require.NoError(t, err)
		require.Equal(t, tds.EncryptOn, options.Encryption())
		first = false
	}
}

// requireBounded checks that of a message that is too long no more than the header of the packet too many was read.
func requireBounded(t *testing.T, conn *drivertest.PeerConn) {
	got := conn.Got()
	assert.LessOrEqual(t, len(got), sqlopen.MaxLogin+tdstls.HeaderSize)
	assert.LessOrEqual(t, conn.Largest(), 1<<16)
	size := 0
	for len(got) > tdstls.HeaderSize {
		packet := max(int(binary.BigEndian.Uint16(got[2:])), tdstls.HeaderSize)
		size += packet
		require.LessOrEqual(t, size, sqlopen.MaxMessage, "go-mssqldb gets a message that is too long")
		if got[0] != tdstls.KindReply || got[1] != 0 {
			size = 0
		}
		got = got[min(packet, len(got)):]
	}
}

// answersToLogin are what a server may say to a login, and what may follow.
func answersToLogin() []string {
	const (
		ack, done  = "\xad\x0c\x00\x01\x74\x00\x00\x04\x01S\x00\x0c\x00\x07\xd0", "\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		failed     = "\xfd\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		more       = "\xfd\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		collation  = "\xe3\x08\x00\x07\x05\x09\x04\xd0\x00\x34\x00"
		packetSize = "\xe3\x0b\x00\x04\x04" + "4\x000\x009\x006\x00\x00"
		featureAck = "\xae\x02\x00\x00\x00\x00\x04\x01\x00\x00\x00\x01\xff"
		toItself   = "\xe3\x1c\x00\x14\x17\x00\x00\x01\x00\x09\x00" + "1\x002\x007\x00.\x000\x00.\x000\x00.\x001\x00" + "\x00\x00"
		elsewhere  = "\xe3\x0c\x00\x14\x07\x00\x00\x01\x00\x01\x00h\x00\x00\x00"
	)
	hello, granted := prelogin(encryptNone), message(collation+packetSize+said(tokenInfo, 5701, "hi")+ack+featureAck+done)
	ask := func(url string) string { return string(tds.FedAuthInfo(url, "https://database.windows.net/")) }
	tenant := ask("https://login.windows.net/6f9619ff-8b86-d011-b42d-00c04fc964ff")
	return []string{
		"", message("\xff"), prelogin(encryptOn), hello, hello + granted, hello + message(tenant) + granted, hello + message(tenant+done),
		hello + message(ask("https://login.example.com/t")) + granted,
		hello + message(said(tokenError, 18456, drivertest.PeerSecret+" token, number 0")+failed),
		hello + message(said(tokenError, 18456, principalToken)+failed),
		hello + message(said(tokenError, 37396, "no")+failed) + hello + granted,
		hello + message(toItself+ack+done), hello + message(toItself+ack+done) + hello + granted, hello + message(elsewhere+ack+done) + hello + granted,
		hello + message(done), hello + message(said(tokenError, 1, "")+strings.Repeat(more, 8)+failed),
		hello + message("\xed\x01\x00x"), hello + message("\x79\x00\x00\x00\x00"+done), hello + message("\x81\x01\x00"+done),
		hello + message("\xee\xff\xff\xff\x7f\xff\xff\xff\x7f"), hello + message("\xee\x04\x00\x00\x00\xff\xff\xff\xff"),
		hello + message(ack+"\xae\x02\xff\xff\xff\xff\xff"+done), hello + message("\xe3\x0c\x00\x14\x07\x00\x07"+elsewhere[8:]+ack+done),
	}
}

// said is an ERROR or INFO of a server's.
func said(token byte, number uint16, text string) string {
	b := binary.LittleEndian.AppendUint16(nil, number)
	b = append(b, 0, 0, 1, 14, byte(len(text)), 0)
	for _, c := range []byte(text) {
		b = append(b, c, 0)
	}
	b = append(b, 0, 0, 1, 0, 0, 0) // no server, no procedure, line 1
	return string([]byte{token, byte(len(b)), byte(len(b) >> 8)}) + string(b)
}

// FuzzAnswers has a server say anything that was verified, or may have a password without TLS: it gets the token, the
// password or the principal's token where that belongs, and nothing else does, and no server that is not trusted is
// dialled.
func FuzzAnswers(f *testing.F) {
	for _, says := range answersToLogin() {
		for _, settings := range []byte{0, again, plain, ofPrincipal} {
			f.Add([]byte(says), settings)
		}
	}
	f.Add([]byte("\x04\x00\x80\x00\x00\x00\x01\x00"+strings.Repeat("\x00", 1<<15-tdstls.HeaderSize)), byte(again)) // a message that does not end
	f.Fuzz(func(t *testing.T, says []byte, settings byte) {
		synctest.Test(t, func(t *testing.T) {
			p := drivertest.NewPeer(says, settings&again == again)
			c, err := NewConnector(peerDSN(t, p, settings), p.Options)
			require.NoError(t, err)
			defer c.Close()
			_ = p.LogIn(t, c.afterTLS) // which looks at the error; a server that says the right thing is logged in to
			for i, conn := range p.Conns() {
				host, _, addressErr := net.SplitHostPort(conn.Address)
				require.NoError(t, addressErr)
				require.True(t, host == peerHost || strings.HasSuffix(host, ".database.windows.net"), "%q is dialled", host)
				require.True(t, settings&plain == 0 || i == 0, "a password goes on without TLS")
				requireBounded(t, conn)
				requireAgreed(t, conn, p, settings)
			}
			assert.LessOrEqual(t, len(p.Conns()), 2*(1+3), "three redirects, and an expired token that is replaced once")
		})
	})
}

// peerDSN is the string for a login to p with these settings, and sets the options for it.
func peerDSN(t *testing.T, p *drivertest.Peer, settings byte) string {
	const client = "6f9619ff-8b86-d011-b42d-00c04fc964fe"
	switch {
	case settings&plain != 0:
		p.Options.Credential = nil
		return "server=" + peerHost + ";database=orders;encrypt=disable;user id=app;password=" + drivertest.PeerSecret
	case settings&ofPrincipal != 0:
		p.Options.Credential, p.Options.Transport = nil, authority{t}
		return "jdbc:sqlserver://" + peerHost + ";databaseName=orders;user=" + client + ";password={" + drivertest.PeerSecret + "};authentication=ActiveDirectoryServicePrincipal;"
	default:
		return "server=" + peerHost + ";database=orders"
	}
}

// authority answers the requests for a principal's token.
type authority struct{ t *testing.T }

func (a authority) Do(r *http.Request) (*http.Response, error) {
	require.Equal(a.t, "https://login.microsoftonline.com", r.URL.Scheme+"://"+r.URL.Host, "the secret goes elsewhere")
	body := `{"token_type":"Bearer","expires_in":3600,"access_token":"` + principalToken + `"}`
	if r.Method == http.MethodGet {
		body = `{"tenant_discovery_endpoint":"https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration",` +
			`"authorization_endpoint":"https://login.microsoftonline.com/t/a","token_endpoint":"https://login.microsoftonline.com/t/t","issuer":"https://login.microsoftonline.com/t/v2.0"}`
	}
	return connectortest.Respond(http.StatusOK, body)(r)
}

const principalToken = drivertest.PeerSecret + " principal's token"

// afterTLS is Connect with a server whose handshake is done, or to be done without.
func (c *Connector) afterTLS(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{Classify: c.classify, Login: func(ctx context.Context, a *connector.Attempt) (_ driver.Conn, err error) {
		host := c.hosts[0]
		l := &serverLogin{handle: c.handle, attempt: a, dial: c.dial, address: host.String(), caller: ctx, tenantless: c.handle.NeedsTenant()}
		if !l.tenantless {
			if l.login, err = a.Login(ctx); err != nil {
				return nil, err
			}
		}
		cfg, err := c.config(host, l)
		if err != nil {
			return nil, err
		}
		native, err := l.connector(cfg)
		if err != nil {
			return nil, err
		}
		native.Dialer = withoutTLS{l}
		conn, err := l.run(native, "")
		if err != nil {
			return nil, redact.Errors{redact.NewError(host.String(), err, err.Error(), l.login.Password.Reveal(), len(answers(err)) > 0)}
		}
		return conn, nil
	}})
}

// withoutTLS dials connections that have no handshake to do.
type withoutTLS struct{ *serverLogin }

func (d withoutTLS) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.serverLogin.DialContext(ctx, network, address)
	if login, ok := conn.(*loginConn); ok {
		login.config, d.secured = nil, d.name != ""
	}
	return conn, err
}

// requireAgreed checks that a client has sent PRELOGIN, then a login with what belongs to it, and for a principal its token.
func requireAgreed(t *testing.T, conn *drivertest.PeerConn, p *drivertest.Peer, settings byte) {
	stream := tds.NewStream(bytes.NewReader(conn.Sent()), io.Discard)
	for want := []tds.Kind{tds.KindPrelogin, tds.KindLogin, tds.KindToken}; ; want = want[1:] {
		m, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, want)
		require.Equal(t, want[0], m.Kind)
		switch m.Kind {
		case tds.KindPrelogin:
			require.NotContains(t, string(m.Body), drivertest.PeerSecret)
		case tds.KindLogin:
			login, err := tds.ParseLogin(m.Body)
			require.NoError(t, err)
			switch {
			case settings&plain != 0:
				require.Nil(t, login.FedAuth)
				require.Equal(t, drivertest.PeerSecret, login.Password)
			case settings&ofPrincipal != 0:
				require.Empty(t, login.Secret()+login.Password)
			default:
				require.Empty(t, login.Password)
				require.Contains(t, p.Issuer.Issued(), login.Secret())
			}
			require.False(t, login.Integrated)
		case tds.KindToken:
			token, _, err := tds.ParseTokenMessage(m.Body)
			require.NoError(t, err)
			require.NotZero(t, settings&ofPrincipal)
			require.Equal(t, principalToken, token)
		}
	}
}
