package azuretest

import (
	"context"
	"io"
)

// packetSize is the size of packets that the server grants a client.
func (c *sqlConn) packetSize(request *tdsLogin) int {
	largest := tdsMaxPacket
	if c.login.TLS {
		largest = tdsMaxTLSPacket
	}
	if request.packetSize == 0 {
		return tdsDefaultPacket
	}
	return min(max(request.packetSize, tdsMinPacket), largest)
}

// grant tells the client that it is logged in; more are further tokens.
func (c *sqlConn) grant(a *sqlAdmission, more []byte) error {
	database := a.request.database
	if database == "" {
		database = tdsDefaultDatabase
	}
	c.stream.size = c.packetSize(a.request)
	grant := tdsGrant{request: a.request, database: database, packetSize: c.stream.size, nonce: c.nonces.client}
	answer := append(grant.answer(), more...)
	return c.stream.send(tdsReply, appendTDSDone(answer, tdsTokenDone, 0, 0, 0))
}

// sendOn logs the client in and tells it to go elsewhere, which ends the session.
func (c *sqlConn) sendOn(a *sqlAdmission) {
	if err := c.grant(a, appendTDSRoute(nil, a.route.Host, uint16(a.route.Port))); err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, c.stream.in) // until the client leaves
}

// handle lets the Handler speak for the server.
func (c *sqlConn) handle(ctx context.Context, a *sqlAdmission) {
	if err := c.grant(a, nil); err != nil {
		return
	}
	newSQLServerSession(c.stream, c.conn, a.request, a.account).run(ctx, c.server.options.Handler)
}
