package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReport(t *testing.T) {
	tests := []struct{ name, events, want string }{
		{"what passes is one line", `
			{"Action":"start","Package":"a"}
			{"Action":"run","Package":"a","Test":"TestOK"}
			{"Action":"output","Package":"a","Test":"TestOK","Output":"    a_test.go:3: noise\n"}
			{"Action":"pass","Package":"a","Test":"TestOK"}
			{"Action":"output","Package":"a","Output":"PASS\n"}
			{"Action":"output","Package":"a","Output":"ok  \ta\t1.250s\n"}
			{"Action":"pass","Package":"a"}
			{"Action":"output","Package":"b","Output":"?   \tb\t[no test files]\n"}
			{"Action":"skip","Package":"b"}`,
			"ok  \ta\t1.250s\n\ntook 3s\n1 passed, 0 failed, 0 skipped\n"},
		{"skipped tests by reason", `
			{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}
			{"Action":"output","Package":"a","Test":"TestX","Output":"    a_test.go:3: no\n"}
			{"Action":"output","Package":"a","Test":"TestX","Output":"        server\n"}
			{"Action":"output","Package":"a","Test":"TestX","Output":"--- SKIP: TestX (0.00s)\n"}
			{"Action":"skip","Package":"a","Test":"TestX"}
			{"Action":"output","Package":"a","Test":"TestY/sub","Output":"    b_test.go:33: no server\n"}
			{"Action":"skip","Package":"a","Test":"TestY/sub"}
			{"Action":"skip","Package":"a","Test":"TestZ"}
			{"Action":"output","Package":"a","Output":"ok  \ta\t1.250s\n"}
			{"Action":"pass","Package":"a"}`,
			"ok  \ta\t1.250s\n\nskipped: no reason given\n    a TestZ\n\nskipped: no server\n    a TestX\n    a TestY/sub\n" +
				"\ntook 3s\n0 passed, 0 failed, 3 skipped\n"},
		{"a failed test at once, without its neighbours", `
			{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}
			{"Action":"output","Package":"a","Test":"TestOK","Output":"    a_test.go:3: noise\n"}
			{"Action":"output","Package":"a","Test":"TestX","Output":"    a_test.go:5: bad\n"}
			{"Action":"fail","Package":"a","Test":"TestX"}
			{"Action":"pass","Package":"a","Test":"TestOK"}
			{"Action":"output","Package":"a","Output":"FAIL\ta\t0.004s\n"}
			{"Action":"fail","Package":"a"}`,
			"a TestX:\n    a_test.go:5: bad\nFAIL\ta\t0.004s\n\nfailed\n    a TestX\n\ntook 3s\n1 passed, 1 failed, 0 skipped\n"},
		{"a process that ends in a test", `
			{"Action":"output","Package":"b","Test":"TestOther","Output":"    b_test.go:5: goes on\n"}
			{"Action":"output","Package":"a","Test":"TestX","Output":"=== RUN   TestX\n"}
			{"Action":"output","Package":"a","Test":"TestX","Output":"fatal error: boom\n"}
			{"Action":"output","Package":"a","Output":"FAIL\ta\t0.004s\n"}
			{"Action":"fail","Package":"a"}`,
			"a TestX:\nfatal error: boom\nFAIL\ta\t0.004s\n\nfailed\n    a\n\ntook 3s\n0 passed, 1 failed, 0 skipped\n"},
		{"a package that does not build", `
			{"ImportPath":"a [a.test]","Action":"build-output","Output":"a_test.go:3:32: undefined: x\n"}
			{"ImportPath":"a [a.test]","Action":"build-fail"}
			{"Action":"output","Package":"a","Output":"FAIL\ta [build failed]\n"}
			{"Action":"fail","Package":"a","FailedBuild":"a [a.test]"}`,
			"a_test.go:3:32: undefined: x\nFAIL\ta [build failed]\n\nfailed\n    a\n\ntook 3s\n0 passed, 1 failed, 0 skipped\n"},
		{"a line that is no event", "\nno required module provides package x",
			"no required module provides package x\n\ntook 3s\n0 passed, 0 failed, 0 skipped\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			require.NoError(t, r.read(strings.NewReader(strings.ReplaceAll(test.events[1:], "\t", "")+"\n")))
			r.summary(3 * time.Second)
			assert.Equal(t, test.want, out.String())
		})
	}
}
