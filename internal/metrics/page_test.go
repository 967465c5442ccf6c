package metrics_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/metrics"
)

const page = "../../docs/metrics.md"

var update = flag.Bool("update", false, "rewrite the tables of "+page)

// The page's tables are the code's. After a change run: go test ./internal/metrics -run TestPage -update
func TestPageSaysWhatTheCodeDoes(t *testing.T) {
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	text := string(data)
	for name, all := range map[string][]*metrics.Metric{
		"logins, tokens and connections": slices.Concat(metrics.Events, metrics.Connections), "pools": metrics.Pools,
	} {
		block := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
		require.Len(t, block.FindAllString(text, -1), 1, name)
		next := block.ReplaceAllString(text, "${1}\n"+table(all)+"\n${2}")
		if *update {
			text = next
		}
		assert.Equal(t, next, text, "%s: run go test ./internal/metrics -run TestPage -update", name)
		for _, m := range all {
			for _, a := range m.Attributes {
				assert.Regexp(t, "(?m)^\\| .*`"+regexp.QuoteMeta(a)+"`.* \\| [^|]+ \\|$", text, "the attributes have a table of their own")
			}
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(text), 0o644))
	}
}

func table(all []*metrics.Metric) string {
	kinds := map[metrics.Kind]string{
		metrics.Histogram: "histogram", metrics.Counter: "counter", metrics.UpDownCounter: "up-down counter", metrics.Gauge: "gauge",
	}
	var b strings.Builder
	b.WriteString("| metric, and its name in Prometheus | kind, unit | what it is | attributes |\n|---|---|---|---|\n")
	for _, m := range all {
		fmt.Fprintf(&b, "| `%s` `%s` | %s, %s | %s | `%s` |\n", m.Name, m.Prometheus(), kinds[m.Kind], m.Unit, strings.TrimSuffix(m.Help, "."), strings.Join(m.Attributes, "`, `"))
	}
	return b.String()
}
