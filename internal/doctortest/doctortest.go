// Package doctortest reads what passwordless doctor has said, for the tests of cmd and of lab.
package doctortest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/azuredb/passwordless/internal/advice"
)

// Check returns an error unless the walk of a report ends at the step with a failure or warning, and has its cause, a line
// of its fix and its section of the page. All but the section are regular expressions. A report never shows a secret.
func Check(report, step, cause, fix, section string) error {
	for _, pattern := range []string{
		`^result +(failure|warning) at ` + step + `$`,
		`^` + step + ` +(failure|warning), `,
		`^  cause +.*(` + cause + `)`,
		`^  fix +.*(` + fix + `)`,
		`^  see +` + regexp.QuoteMeta(advice.Guide+section) + `$`,
	} {
		p, err := regexp.Compile("(?m)" + pattern)
		if err != nil {
			return err
		}
		if !p.MatchString(report) {
			return fmt.Errorf("no match for %s", pattern)
		}
	}
	for _, secret := range []string{"eyJ", "canary"} {
		if strings.Contains(report, secret) {
			return fmt.Errorf("%q is shown", secret)
		}
	}
	return nil
}
