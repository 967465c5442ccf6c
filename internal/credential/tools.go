package credential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// tool is a program that a developer signs in with.
type tool struct {
	program   string
	login     string // how a person signs in
	principal string // how an application does
	check     string // shows what the program says, without the token
}

func toolOf(kind passwordless.IdentityKind) tool {
	switch kind {
	case passwordless.AzureCLI:
		return tool{"az", "az login", "az login --service-principal", "az account get-access-token --query expiresOn"}
	case passwordless.AzureDeveloperCLI:
		return tool{"azd", "azd auth login", "azd auth login --client-id", "azd auth login --check-status"}
	case passwordless.AzurePowerShell:
		return tool{"PowerShell", "Connect-AzAccount", "Connect-AzAccount -ServicePrincipal", "(Get-AzAccessToken).ExpiresOn"}
	default:
		return tool{}
	}
}

// stoppedText is for a tool that was stopped when the request's time was up. Printed is what azidentity
// made of that.
func stoppedText(ctx context.Context, id identity.Identity, printed string) string {
	text := toolOf(id.Kind).program + " was stopped before it answered: "
	began, known := ctx.Value(beganKey{}).(time.Time)
	if end, limited := ctx.Deadline(); known && limited && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		text = fmt.Sprintf("%s did not answer within %v and was stopped: ", toolOf(id.Kind).program, end.Sub(began).Round(time.Millisecond))
	}
	text += ctx.Err().Error()
	if printed = withoutNoise(printed); printed != "" && !bySignal.MatchString(printed) {
		text += "; it had printed: " + printed
	}
	return text
}

type beganKey struct{}

// bySignal matches what azidentity, or the shell, makes of a program that was ended and had printed nothing.
var bySignal = regexp.MustCompile(`^(?:\S+: line \d+: +\d+ (?:Killed|Terminated|Segmentation fault)\b.*|(?:signal: \w+|Killed|Terminated|Segmentation fault|exit status 1(?:37|39|43)|context deadline exceeded|context canceled)\.?)$`)

// toolText says what is wrong with what a tool printed, where azidentity has only an error about JSON; "" if it
// is something else.
func toolText(id identity.Identity, err error) string {
	program := toolOf(id.Kind).program
	syntax, badSyntax := errors.AsType[*json.SyntaxError](err)
	_, badType := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case badSyntax && syntax.Offset == 0:
		return program + " printed nothing"
	case badSyntax && strings.HasPrefix(syntax.Error(), "unexpected end"):
		return program + " printed JSON that has no end"
	case badSyntax:
		return program + " printed something that is not JSON, before the JSON or in place of it"
	case badType, strings.Contains(err.Error(), "error parsing token expiration time"):
		return program + " printed JSON that holds no token"
	case bySignal.MatchString(withoutNoise(err.Error())):
		return program + " was killed, but not by this program"
	default:
		return ""
	}
}

// proposed matches a command that a tool proposes, with its options.
var proposed = regexp.MustCompile(`(?:az login|azd auth login|Connect-AzAccount)(?:[ \t]+--?[A-Za-z][\w-]*(?:[ \t=]+(?:"[^"\n]*"|[^\s"'` + "`" + `-][^\s'` + "`" + `]*))?)*`)

// proposedCommand returns the command that a tool said to run, the longest of several; "" if none.
func proposedCommand(said string) (command string) {
	for _, found := range proposed.FindAllString(said, -1) {
		if found = strings.TrimRight(found, ".,;:)"); len(found) > len(command) {
			command = found
		}
	}
	if strings.HasPrefix(command, "az ") && strings.Contains(said, "az logout") {
		command = "az logout && " + command
	}
	return command
}

var (
	escapeSequence = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

	// preamble matches what comes before an error: azidentity's name of the credential, and the tools' words.
	preamble = regexp.MustCompile(`^(?:(?:\w+Credential|ERROR|Error|Get-AzAccessToken|fetching token):\s*)+`)

	// supportIDs match what only Microsoft's support can use.
	supportIDs = regexp.MustCompile(`(?i)\s*\b(?:trace|correlation|request)[ _]id: ?[0-9a-f-]{3,}|\s*\btimestamp: ?\d{4}-\d\d-\d\d[ T][\d:.]+Z?|[\s.]*To troubleshoot, visit \S+`)

	// fromPowerShell matches the lines with which PowerShell shows the place of an error in its script.
	fromPowerShell = regexp.MustCompile(`^\s*(?:Line \||\d+ \||\|?\s*[~^]+$|\| +~+|At line:|\+ )`)

	// ofNoUse matches lines of az that lead to its authors.
	ofNoUse = regexp.MustCompile(`^(?:You have \d+ update|To (?:check existing issues|open an issue)|WARNING: |DEBUG: |INFO: |(?:ERROR: )?The command failed with an unexpected error\. Here is the traceback)`)

	// chained matches what Python writes between two tracebacks.
	chained = regexp.MustCompile(`^(?:During handling of the above exception|The above exception was the direct cause)`)
)

// PowerShell writes CLIXML where no terminal reads it.
var (
	clixmlTag  = regexp.MustCompile(`(?s)#< CLIXML|<Obj .*?</Obj>|<[^<>]*>`)
	clixmlByte = regexp.MustCompile(`_x00([0-9A-F]{2})_`)
)

// fromCLIXML returns the text in CLIXML, and any other text as it is.
func fromCLIXML(said string) string {
	if !strings.Contains(said, "#< CLIXML") {
		return said
	}
	said = clixmlByte.ReplaceAllStringFunc(clixmlTag.ReplaceAllString(said, " "), func(escape string) string {
		b, _ := strconv.ParseUint(escape[len("_x"):len("_x00")+2], 16, 8) // it has matched
		return string(rune(b))
	})
	return html.UnescapeString(said)
}

// withoutNoise returns what was said in one line, without the IDs for Microsoft's support, preambles, and the
// frames of Python's tracebacks.
func withoutNoise(said string) string {
	var kept []string
	inTrace := false
	for line := range strings.Lines(escapeSequence.ReplaceAllString(fromCLIXML(said), "")) {
		line = strings.TrimRight(line, " \t\r\n")
		bare := preamble.ReplaceAllString(strings.TrimSpace(line), "")
		switch {
		case strings.HasPrefix(bare, "Traceback (most recent call last)"):
			inTrace = true
		case inTrace && (bare == "" || line[0] == ' ' || line[0] == '\t'):
		case chained.MatchString(bare):
			if inTrace = false; len(kept) > 0 {
				kept = kept[:len(kept)-1] // the last one counts
			}
		case bare == "", ofNoUse.MatchString(bare), fromPowerShell.MatchString(line):
		default:
			inTrace = false
			kept = append(kept, strings.TrimPrefix(bare, "| "))
		}
	}
	text := supportIDs.ReplaceAllString(redact.OneLine(strings.Join(kept, " ")), "")
	return cmp.Or(text, redact.OneLine(said)) // better noise than nothing
}
