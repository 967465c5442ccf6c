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
