package doctor

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/azuredb/passwordless/dsn"
)

func resolverAt(address string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", address)
	}}
}

// serveDNS resolves shop.* and standby.* to this machine. Servers with a private endpoint are private.*, whose address
// is not known here, and outside.*, whose public address is. It knows no other name.
func serveDNS(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			answer := answerOf(m.Questions[0])
			answer.ID = m.ID
			if packed, err := answer.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from) // a client that is not answered says so
			}
		}
	}()
	return conn.LocalAddr().String()
}

func answerOf(q dnsmessage.Question) dnsmessage.Message {
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true, RecursionAvailable: true}, Questions: []dnsmessage.Question{q}}
	name, domain, _ := strings.Cut(q.Name.String(), ".")
	add := func(of dnsmessage.Name, kind dnsmessage.Type, body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: of, Type: kind, Class: q.Class, TTL: 1}, Body: body})
	}
	target := dnsmessage.MustNewName(name + ".privatelink." + domain)
	switch name {
	case "shop", "standby":
		if q.Type == dnsmessage.TypeA {
			add(q.Name, q.Type, &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}})
		}
	case "private", "outside":
		add(q.Name, dnsmessage.TypeCNAME, &dnsmessage.CNAMEResource{CNAME: target})
		if name == "outside" && q.Type == dnsmessage.TypeA {
			add(target, q.Type, &dnsmessage.AResource{A: [4]byte{203, 0, 113, 7}})
		}
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
	return m
}

// A server with a private endpoint whose name leads to the public address here: nothing is dialled.
func TestResolveOutside(t *testing.T) {
	was := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = was })
	net.DefaultResolver = resolverAt(serveDNS(t))
	var s Step
	require.NoError(t, resolve(t.Context(), dsn.Host{Name: "outside.postgres.database.azure.com"}, &s))
	assert.Equal(t, []string{"203.0.113.7 (public)", "alias of outside.privatelink.postgres.database.azure.com"}, s.Facts)
	assert.Equal(t, Warning, s.State)
	assert.Contains(t, s.Cause, "leads to the public address")
	assert.Equal(t, privateZone, s.Fix)
}
