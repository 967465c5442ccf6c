package sqlservertest

import (
	"context"
	"io"

	"github.com/azuredb/passwordless/internal/tds"
)

// packetSize is the size of packets that the server grants a client.
func (c *client) packetSize(request *tds.Login) int {
	largest := tds.MaxPacket
	if c.login.TLS {
		largest = tds.MaxTLSPacket
	}
	if request.PacketSize == 0 {
		return tds.DefaultPacket
	}
	return min(max(request.PacketSize, tds.MinPacket), largest)
}

// grant tells the client that it is logged in; more are further tokens.
func (c *client) grant(a *admission, more []byte) error {
	database := a.request.Database
	if database == "" {
		database = tds.DefaultDatabase
	}
	c.stream.Size = c.packetSize(a.request)
	grant := tds.Grant{Request: a.request, Database: database, PacketSize: c.stream.Size, Nonce: c.nonces.client}
	answer := append(grant.Answer(), more...)
	return c.stream.Send(tds.KindReply, tds.AppendDone(answer, tds.TokenDone, 0, 0, 0))
}

// sendOn logs the client in and tells it to go elsewhere, which ends the session.
func (c *client) sendOn(a *admission) {
	if err := c.grant(a, tds.AppendRoute(nil, a.route.Host, uint16(a.route.Port))); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, c.stream.In) // until the client leaves
}

// handle lets the Handler speak for the server.
func (c *client) handle(ctx context.Context, a *admission) {
	if err := c.grant(a, nil); err != nil {
		return
	}
	newSession(c.stream, c.conn, a.request, a.account).run(ctx, c.server.options.Handler)
}
