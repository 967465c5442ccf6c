package doctor

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStartMySQLOfWhatIsNoServer(t *testing.T) {
	for name, packet := range map[string]string{"empty": "\x00\x00\x00\x00", "16 MB": "\xff\xff\xff\x00"} {
		t.Run(name, func(t *testing.T) {
			client, server := net.Pipe()
			defer client.Close()
			go func() { _, _ = server.Write([]byte(packet)); _ = server.Close() }()
			_, err := startMySQL(client)
			assert.ErrorIs(t, err, errOtherServer)
		})
	}
}

// A server that has no connection for us says so in place of a greeting, with or without an SQLSTATE.
func TestStartMySQLRefused(t *testing.T) {
	for _, packet := range []string{"\x17\x00\x00\x00\xff\x10\x04Too many connections", "\x1d\x00\x00\x00\xff\x10\x04#08004Too many connections"} {
		client, server := net.Pipe()
		defer client.Close()
		go func() { _, _ = server.Write([]byte(packet)); _ = server.Close() }()
		_, err := startMySQL(client)
		assert.EqualError(t, err, "Error 1040: Too many connections")
	}
}
