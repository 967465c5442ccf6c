package azuretest

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// The public client ids that users' tokens carry; azd signs in as the Azure CLI.
const (
	azureCLIClientID   = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
	powerShellClientID = "1950a258-227b-4e31-a9cf-717495945fc2"
)

// toolCall is one run of a stand-in script.
type toolCall struct {
	tool Endpoint
	args []string
}

// toolResult is what the script does: it prints text, to standard output if
// code is 0, else to standard error, and ends with code.
type toolResult struct {
	code int
	text string
}

// tokenQuery is what a tool was asked for.
type tokenQuery struct {
	command          string // the words before the first option
	resource, tenant string
	token            bool // the command is the one that prints a token
}

// run answers one call. ok is false if the script is to end without a word.
func (c *Cloud) run(call toolCall) (result toolResult, ok bool) {
	q := parseToolCall(call)
	logged := c.arrived(Request{Endpoint: call.tool, Path: q.command, Token: q.token, Resource: q.resource})
	a, ok := c.decide(c.closed, c.takeFault(logged), func(int) string { return toolTexts[call.tool].failed }, func(f Fault) answer {
		return c.toolAnswer(call.tool, q, f)
	})
	if !ok {
		return toolResult{}, false
	}
	switch {
	case a.status == http.StatusOK:
		a.status = 0
	case a.status > 255: // an HTTP status in a fault for every endpoint
		a.status = 1
	}
	c.answered(logged, a.status, a.name)
	return toolResult{a.status, a.body}, true
}

// toolAnswer is the tool's own behaviour; status is the exit code.
func (c *Cloud) toolAnswer(tool Endpoint, q tokenQuery, f Fault) answer {
	texts := toolTexts[tool]
	c.mu.Lock()
	who := c.signedIn
	c.mu.Unlock()
	switch {
	case !q.token:
		return answer{status: 2, body: texts.unknown}
	case who == nil:
		return answer{status: 1, body: texts.signedOut}
	case q.tenant != "" && !strings.EqualFold(q.tenant, who.TenantID):
		return answer{status: 1, body: texts.failure(unknownTenant(q.tenant))}
	case !c.knownResource(q.resource):
		return answer{status: 1, body: texts.failure(unknownResource(q.resource, who.TenantID))}
	}
	if tool == AzurePowerShell {
		own := *who
		own.Claims = make(map[string]any)
		maps.Copy(own.Claims, who.Claims)
		own.Claims["appid"] = powerShellClientID
		who = &own
	}
	token, expires := c.mint(who, q.resource, f.Lifetime)
	return answer{body: texts.success(token, expires, who.TenantID), name: who.Name}
}

// toolText is how one tool speaks.
type toolText struct {
	signedOut string // no one is signed in
	unknown   string // a command the stand-in does not know
	failed    string // a fault without a text
	failure   func(entraError) string
	success   func(token string, expires time.Time, tenant string) string
}

var toolTexts = map[Endpoint]toolText{
	AzureCLI: {
		signedOut: "ERROR: Please run 'az login' to setup account.",
		unknown:   "ERROR: this stand-in for az knows only: az account get-access-token",
		failed:    "ERROR: The command failed with an unexpected error.",
		failure: func(e entraError) string {
			return "ERROR: " + e.description(newGUID(), newGUID(), time.Now()) + "\nInteractive authentication is needed. Please run:\naz login"
		},
		success: func(token string, expires time.Time, tenant string) string {
			return encode(map[string]any{
				"accessToken":  token,
				"expiresOn":    expires.Local().Format("2006-01-02 15:04:05.000000"),
				"expires_on":   expires.Unix(),
				"subscription": newGUID(),
				"tenant":       tenant,
				"tokenType":    "Bearer",
			})
		},
	},
	AzureDeveloperCLI: {
		signedOut: azdError("not logged in, run `azd auth login` to login"),
		unknown:   azdError("this stand-in for azd knows only: azd auth token"),
		failed:    azdError("fetching token: unexpected error"),
		failure: func(e entraError) string {
			return azdError("fetching token: AADSTS" + strconv.Itoa(e.code) + ": " + e.text)
		},
		success: func(token string, expires time.Time, _ string) string {
			return encode(map[string]string{"token": token, "expiresOn": expires.UTC().Format("2006-01-02T15:04:05Z")})
		},
	},
	AzurePowerShell: {
		signedOut: "Get-AzAccessToken: Run Connect-AzAccount to login.",
		unknown:   "this stand-in for pwsh knows only a script with Get-AzAccessToken",
		failed:    "Get-AzAccessToken: unexpected error",
		failure:   func(e entraError) string { return "Get-AzAccessToken: AADSTS" + strconv.Itoa(e.code) + ": " + e.text },
		success: func(token string, expires time.Time, _ string) string {
			return encode(map[string]any{"Token": token, "ExpiresOn": expires.Unix()})
		},
	},
}

// azdError is an error as azd 1.23.7 and later write it with -o json.
func azdError(text string) string {
	return encode(map[string]string{"error": text, "message": text})
}

func parseToolCall(call toolCall) tokenQuery {
	var q tokenQuery
	options := make(map[string]string)
	for i := 0; i < len(call.args); i++ {
		if arg := call.args[i]; strings.HasPrefix(arg, "-") && i+1 < len(call.args) {
			options[arg] = call.args[i+1] // a flag without a value gets the next word: harmless here
		} else if len(options) == 0 && !strings.HasPrefix(arg, "-") {
			q.command = strings.TrimSpace(q.command + " " + arg)
		}
	}
	switch call.tool {
	case AzureCLI:
		q.token = q.command == "account get-access-token"
		q.resource, q.tenant = options["--resource"], options["--tenant"]
		if q.resource == "" {
			q.resource = strings.TrimSuffix(options["--scope"], "/.default")
		}
	case AzureDeveloperCLI:
		q.token = q.command == "auth token"
		q.resource, q.tenant = strings.TrimSuffix(options["--scope"], "/.default"), options["--tenant-id"]
	case AzurePowerShell:
		script := decodeCommand(options["-EncodedCommand"])
		q.token = strings.Contains(script, "Get-AzAccessToken")
		q.resource, q.tenant = submatch(resourceURL, script), submatch(tenantVariable, script)
		if q.token {
			q.command = "Get-AzAccessToken"
		}
	}
	return q
}

// azidentity's script for PowerShell names resource and tenant so
// (azure_powershell_credential.go).
var (
	resourceURL    = regexp.MustCompile(`ResourceUrl\s*=\s*'([^']*)'`)
	tenantVariable = regexp.MustCompile(`\$tenantId\s*=\s*'([^']*)'`)
)

func submatch(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// decodeCommand reads the value of PowerShell's -EncodedCommand: UTF-16LE in
// base64. What is neither is an empty script.
func decodeCommand(encoded string) string {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return ""
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}
