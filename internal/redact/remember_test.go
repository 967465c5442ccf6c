package redact

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// memorable is a token that looks like no other.
func memorable(i int) string {
	return strings.Repeat(fmt.Sprintf("<%02d>", i), 8) + strings.Repeat("pad!", 8)
}

func TestTheLatestTokensAreRemembered(t *testing.T) {
	m := memory{seed: remembered.seed}
	echo := func(i int) string { return m.mask("you sent " + strings.ToUpper(memorable(i)[4:24]) + ", no") }
	m.add("too short")
	assert.Equal(t, "you sent <00><00><00><00><00>, no", strings.Replace(echo(0), "<01>", "", 1))
	for i := range maxRemembered {
		m.add(memorable(i))
		m.add(memorable(i))
	}
	for i := range maxRemembered {
		assert.Equal(t, "you sent ***, no", echo(i), i)
	}
	m.add(memorable(maxRemembered))
	assert.Contains(t, echo(0), "<00>", "the oldest is forgotten")
	assert.Equal(t, "you sent ***, no", echo(1))
	assert.Equal(t, "***", m.mask(strings.Repeat("pad!", 6)), "what others have too is not")
	for i := range 2 * maxRemembered {
		m.add(memorable(100 + i))
	}
	assert.Len(t, m.tokens, maxRemembered)
	assert.Less(t, len(m.parts), 1000)
	assert.Equal(t, "nothing of them here", m.mask("nothing of them here"))
}

func TestScrubTakesOutWhatIsRemembered(t *testing.T) {
	Remember(memorable(50))
	assert.Equal(t, "bad signature ***", Scrub("bad signature "+memorable(50)[:16]))
}

// A token that begins as one that is remembered is taken out whole.
func TestScrubTakesOutWhatGoesOnAfterWhatIsRemembered(t *testing.T) {
	const header = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOi"
	Remember(header + "JhIn0.c2lnbmF0dXJl")
	assert.Equal(t, "your token is ***", Scrub("your token is "+header+"JiIn0.YW5vdGhlciBzaWduYXR1cmU"))
}
