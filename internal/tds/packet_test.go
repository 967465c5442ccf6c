package tds

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStreamRoundTrip(t *testing.T) {
	for _, size := range []int{MinPacket, DefaultPacket, MaxPacket} {
		for _, length := range []int{0, 1, size - HeaderLength - 1, size - HeaderLength, size - HeaderLength + 1, 200 << 10} {
			var wire bytes.Buffer
			out := NewStream(&wire, &wire)
			out.Size = size
			want := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7}, length/7+1)[:length]
			require.NoError(t, out.Send(KindBatch, want))
			sent := bytes.Clone(wire.Bytes())
			require.NoError(t, out.Send(KindAttention, nil))

			in := NewStream(iotest.OneByteReader(&wire), io.Discard)
			got, err := in.Receive()
			require.NoError(t, err)
			assert.Equal(t, KindBatch, got.Kind)
			assert.Equal(t, StatusEnd, got.Status)
			assert.True(t, bytes.Equal(want, got.Body), "%d bytes in packets of %d", length, size)
			got, err = in.Receive()
			require.NoError(t, err)
			assert.Equal(t, KindAttention, got.Kind)
			_, err = in.Receive()
			assert.Equal(t, io.EOF, err)

			packets := max(1, (length+size-HeaderLength-1)/(size-HeaderLength))
			assert.Len(t, sent, length+packets*HeaderLength)
			assert.Equal(t, byte(1), sent[6], "packets are counted from 1")
		}
	}
}

func TestStreamHostile(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		err  string
	}{
		{"cut off in the header", []byte{1, 1, 0}, "unexpected EOF"},
		{"cut off in the body", []byte{1, 1, 0, 10, 0, 0, 1, 0, 'x'}, "unexpected EOF"},
		{"cut off between packets", []byte{1, 0, 0, 8, 0, 0, 1, 0}, "unexpected EOF"},
		{"shorter than the header", []byte{1, 1, 0, 7, 0, 0, 1, 0}, "shorter than its header"},
		{"two kinds", []byte{1, 0, 0, 8, 0, 0, 1, 0, 3, 1, 0, 8, 0, 0, 2, 0}, "type 3 inside a message of type 1"},
		{"too long", bytes.Repeat(append([]byte{1, 0, 0xFF, 0xFF, 0, 0, 1, 0}, make([]byte, 0xFFFF-HeaderLength)...), 5), "longer than 262144 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewStream(bytes.NewBuffer(c.b), nil).Receive()
			assert.ErrorContains(t, err, c.err)
		})
	}
}
