package postgres

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// peerDSN is for a [drivertest.Peer].
const peerDSN = "host=127.0.0.1 user=app dbname=orders "

// Settings of the fuzz targets.
const (
	plain    = 1 << iota // a password without TLS, not a token
	validate             // a query is part of the login
	direct               // TLS without a request for it
	again    = 7 << iota // the server repeats itself: three bits, for it takes as long as hundreds that do not
)

// message is one of the protocol's, with its length.
func message(body string) string {
	return body[:1] + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)+3))) + body[1:]
}

// FuzzBeforeTLS has anybody answer the request for TLS: nothing leaves but that and TLS.
func FuzzBeforeTLS(f *testing.F) {
	const request = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
	for _, says := range []string{
		"S", "N", "", "S\x16\x03\x03\x00\x04\x02\x00\x00\x00", "S\x15\x03\x03\x00\x02\x02\x28", "S" + message("R\x00\x00\x00\x03"),
		message("ESFATAL\x00C28000\x00Mno\x00\x00"), "HTTP/1.1 400 Bad Request\r\n\r\n",
	} {
		f.Add([]byte(says), byte(0))
		f.Add([]byte(says), byte(again))
		f.Add([]byte(strings.TrimPrefix(says, "S")), byte(direct))
	}
	f.Fuzz(func(t *testing.T, says []byte, settings byte) {
		synctest.Test(t, func(t *testing.T) {
			p := drivertest.NewPeer(says, settings&again == again)
			s, want := peerDSN+"sslmode=require", request
			if settings&direct != 0 {
				s, want = s+" sslnegotiation=direct", ""
			}
			c, err := NewConnector(s, p.Options)
			require.NoError(t, err)
			defer c.Close()
			require.Error(t, p.LogIn(t, c.Connect))
			for _, conn := range p.Conns() {
				assert.LessOrEqual(t, len(conn.Got()), 2*sqlopen.MaxMessage+conn.Largest())
				asked := min(len(want), len(conn.Sent()))
				require.Equal(t, want[:asked], string(conn.Sent()[:asked]))
				drivertest.RequireTLS(t, conn.Sent()[asked:])
			}
		})
	})
}

// FuzzAnswers has a verified server say anything inside TLS, or one that may have a password without TLS: the first gets
// the token as often as it asks for it in clear text, the other no password in clear text, and pgx gets no message that
// is too long for a login.
func FuzzAnswers(f *testing.F) {
	const clear, salted = "R\x00\x00\x00\x08\x00\x00\x00\x03", "R\x00\x00\x00\x0c\x00\x00\x00\x05salt"
	accepted := message("R\x00\x00\x00\x00") + message("Sserver_version\x0016.0\x00") + message("K\x00\x00\x00\x01\x00\x00\x00\x02") + message("ZI")
	row := message("T\x00\x01a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x19\xff\xff\xff\xff\xff\xff\x00\x00") + message("D\x00\x01\x00\x00\x00\x03off")
	for _, says := range []string{
		"", accepted, clear + accepted, clear + clear + accepted, salted + accepted, clear + salted + accepted,
		clear + accepted + row + message("CSHOW\x00") + message("ZI"), clear + row + accepted,
		clear + accepted + message("ZI"), clear + accepted + row + message("ZI") + message("ZI"),
		message("R\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00") + message("R\x00\x00\x00\x0br=x,s=eA==,i=1"),
		message("R\x00\x00\x00\x0aOAUTHBEARER\x00SCRAM-SHA-256-PLUS\x00\x00"),
		message("R\x00\x00\x00\x07") + message("R\x00\x00\x00\x08x"), message("R\x00\x00\x00\x0cv=x"),
		message("v\x00\x03\x00\x00\x00\x00\x00\x01_pq_.x\x00") + clear + accepted,
		message("NSNOTICE\x00C00000\x00Mhear\x00\x00") + clear + message("ESFATAL\x00C28000\x00Mno\x00P1\x00L2\x00\x00"), message("Sa\x00" + strings.Repeat("b", 1<<10) + "\x00"),
		message("ESFATAL\x00C28000\x00Mno\r\n" + drivertest.PeerSecret + " token, number 0\x00\x00"),
		clear + message("ESFATAL\x00C28P01\x00MThe access token has expired: "+drivertest.PeerSecret+" token, number 0\x00\x00") + clear + accepted,
		clear + message("K\x00\x00\x00\x01"+drivertest.PeerSecret), // what cancels the login has this key
		"N\x00\x10\x00\x00", "N\x00\x10\x00\x01", "R\x00\x00\x10\x01\x00\x00\x00\x0a", "Z\xff\xff\xff\xff", "S\x00\x00\x00\x03",
	} {
		for _, settings := range []byte{0, again, plain, validate} {
			f.Add([]byte(says), settings)
		}
	}
	f.Fuzz(func(t *testing.T, says []byte, settings byte) {
		synctest.Test(t, func(t *testing.T) {
			p := drivertest.NewPeer(says, settings&again == again)
			s, mode := peerDSN, "sslmode=require"
			if settings&validate != 0 {
				s += "target_session_attrs=read-write "
			}
			if settings&plain != 0 {
				mode, p.Options.Credential = "sslmode=disable password='"+drivertest.PeerSecret+"'", nil
			}
			c, err := NewConnector(s+mode, p.Options)
			require.NoError(t, err)
			defer c.Close()
			var read frontends
			c.native.BuildFrontend = read.build
			err = p.LogIn(t, c.afterTLS)
			requireAgreed(t, p, read.check(t, err == nil), err == nil && settings&plain == 0)
		})
	})
}

// pgx's checks for target_session_attrs panic at a row that is not there, and at what is out of turn.
func TestPanicsOfTheSessionsCheck(t *testing.T) {
	const ready = "Z\x00\x00\x00\x05I"
	const granted = "R\x00\x00\x00\x08\x00\x00\x00\x00" + ready
	const noColumns, complete = "T\x00\x00\x00\x06\x00\x00", "C\x00\x00\x00\x05\x00"
	for _, attributes := range []string{"read-write", "read-only", "primary", "standby", "prefer-standby"} {
		for name, says := range map[string]string{
			"no result": ready, "no row": noColumns + complete + ready, "an empty row": noColumns + "D\x00\x00\x00\x06\x00\x00" + complete + ready,
			"twice ready": noColumns + ready + ready,
		} {
			t.Run(attributes+" "+name, func(t *testing.T) {
				p := drivertest.NewPeer([]byte(granted+says), false)
				p.Options.Credential = nil
				s := peerDSN + "password=p sslmode=disable target_session_attrs=" + attributes
				c, err := NewConnector(s, p.Options)
				require.NoError(t, err)
				defer c.Close()
				require.ErrorIs(t, drivertest.Connect(t, c), sqlopen.ErrAnswer)

				p = drivertest.NewPeer([]byte(granted+says), false)
				p.Options.Credential = nil
				pool, err := NewPool(t.Context(), s, p.Options)
				require.NoError(t, err)
				defer pool.Close()
				require.ErrorIs(t, pool.Ping(t.Context()), sqlopen.ErrAnswer)
			})
		}
	}
}

// afterTLS is Connect with a server whose handshake is done, or to be done without, and a pool's, where nothing
// recovers a panic of pgx's.
func (c *Connector) afterTLS(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{Classify: classify, Login: func(ctx context.Context, a *connector.Attempt) (driver.Conn, error) {
		login, err := a.Login(ctx)
		if err != nil {
			return nil, err
		}
		cc := c.native.Copy()
		setLogin(cc, login)
		cc.TLSConfig, cc.AfterNetConnect = nil, nil
		bound(ctx, cc)
		conn, err := stdlib.GetConnector(*cc).Connect(ctx)
		if err != nil {
			return nil, withoutSecret(err)
		}
		return conn, nil
	}})
}

// frontends are what pgx has read in the logins of a connector.
type frontends []*frontend

// frontend is what pgx has read in one of them.
type frontend struct {
	io.Reader
	got  []byte
	room int // the most that it had for one read
}

func (f *frontends) build(r io.Reader, w io.Writer) *pgproto3.Frontend {
	read := &frontend{Reader: r}
	*f = append(*f, read)
	return pgproto3.NewFrontend(read, w)
}

// Read is the reader's.
func (f *frontend) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	f.got, f.room = append(f.got, b[:n]...), max(f.room, len(b))
	return n, err
}

// check fails the test if a message is too long for a login, unless that is granted by then, as the last may be. It
// returns how often a server has asked for a password in clear text.
func (f frontends) check(t *testing.T, granted bool) (asked int) {
	for i, read := range f {
		assert.LessOrEqual(t, read.room, sqlopen.MaxMessage)
		for at := read.got; len(at) >= headerSize; {
			length := int(binary.BigEndian.Uint32(at[1:]))
			tooLong := length > sqlopen.MaxMessage || at[0] == 'R' && length > 4<<10
			assert.False(t, tooLong && (!granted || i+1 < len(f)), "pgx gets a message that is too long: %q", at[:headerSize])
			if tooLong || length < 4 || length >= len(at) {
				break
			}
			if at[0] == 'R' && string(at[headerSize:1+length]) == "\x00\x00\x00\x03" {
				asked++
			}
			at = at[1+length:]
		}
	}
	return asked
}

// requireAgreed checks what a peer was sent: tokens as passwords in clear text, but not more than it has asked for, and
// at least one if it must have had one; besides, nothing secret.
func requireAgreed(t *testing.T, p *drivertest.Peer, asked int, must bool) {
	const password, cancel = 'p', "\x04\xd2\x16\x2e"
	tokens, got := 0, ""
	for _, conn := range p.Conns() {
		assert.LessOrEqual(t, len(conn.Got()), 2*sqlopen.MaxMessage+conn.Largest())
		kind, sent := byte(0), string(conn.Sent()) // the first message has no kind
		for sent != "" {
			body := sent[4:binary.BigEndian.Uint32([]byte(sent))]
			switch {
			case kind == password && p.Options.Credential != nil:
				require.Contains(t, p.Issuer.Issued(), strings.TrimSuffix(body, "\x00"))
				tokens++
			case kind == 0 && strings.HasPrefix(body, cancel):
				require.Contains(t, got, body[8:], "the key is the server's own")
			default:
				require.NotContains(t, body, drivertest.PeerSecret)
			}
			if sent = sent[4+len(body):]; sent != "" {
				kind, sent = sent[0], sent[1:]
			}
		}
		got += string(conn.Got())
	}
	assert.LessOrEqual(t, tokens, asked, "the server has not asked for the token")
	assert.True(t, tokens > 0 || !must, "the server has not had the token")
}
