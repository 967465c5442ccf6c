package metrics_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/generated"
	"github.com/azuredb/passwordless/internal/metrics"
)

const page = "../../docs/metrics.md"

// The page's tables are the code's. After a change run: go test ./internal/metrics -run TestPage -update
func TestPageSaysWhatTheCodeDoes(t *testing.T) {
	data, err := os.ReadFile(page)
	require.NoError(t, err)
	for name, all := range map[string][]*metrics.Metric{
		"logins, tokens and connections": slices.Concat(metrics.Events, metrics.Connections), "pools": metrics.Pools,
	} {
		assert.NoError(t, generated.CheckBlock(page, "<!-- "+name+" -->\n", "<!-- end -->", "\n"+table(all)+"\n"))
		for _, m := range all {
			for _, a := range m.Attributes {
				assert.Regexp(t, "(?m)^\\| .*`"+regexp.QuoteMeta(a)+"`.* \\| [^|]+ \\|$", string(data), "the attributes have a table of their own")
			}
		}
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
