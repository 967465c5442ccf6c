package token_test

import (
	"syscall"
	"time"
)

// fault is what is wrong with an identity endpoint, or this machine.
type fault struct {
	name      string
	says      string        // what the error says, if there is one
	answer    response      // if nil, that of a good endpoint
	lasts     time.Duration // 0: on and on
	ahead     time.Duration // of this machine's clock, before the issuer's
	asleep    time.Duration // the machine, before the callers come
	principal bool          // the identity is a service principal
}

// moment is when the callers come: before the first token, or so long before the token expires.
type moment struct {
	name   string
	before bool
	left   time.Duration
}

// moments are the columns of the matrix. The token is fresh at the second one.
var moments = [...]moment{
	{"no token yet", true, 0}, {"30 min left", false, 30 * time.Minute}, {"3 min left", false, 3 * time.Minute},
	{"20 s left", false, 20 * time.Second}, {"expired", false, -time.Second},
}

// cell is what a caller without a deadline gets, after how long, and how many requests are made in
// the minute from then on. The zero cell is not a case.
type cell struct {
	got           string  // a new token, the old one, or an error
	after, latest float64 // in seconds; latest is 0 if it is exact
	requests      int
	most          int // 0 if it is exact
}

func renewed(after float64) cell { return cell{got: "new", after: after, requests: 1} }
func served(after float64, requests int) cell {
	return cell{got: "old", after: after, requests: requests}
}
func failed(after float64, requests int) cell {
	return cell{got: "error", after: after, requests: requests}
}

// behaviour is a row of the matrix: faults with the same cells.
type behaviour struct {
	faults []fault
	cells  [len(moments)]cell
}

const endpointSays = "host's identity endpoint"

// matrix has the expectations. azidentity tries 4 times in the 30 s that a request has.
var matrix = []behaviour{
	{[]fault{
		{name: "good, timers frozen"},
		{name: "wrong content type", answer: issuesAs("text/plain")},
		{name: "clock 5 min ahead", ahead: 5 * time.Minute},
	}, [...]cell{renewed(0), served(0, 0), served(0, 1), renewed(0), renewed(0)}},
	{[]fault{
		{name: "clock 5 min behind", ahead: -5 * time.Minute}, // the server refuses the old token, see login
	}, [...]cell{renewed(0), served(0, 0), renewed(0), renewed(0), renewed(0)}},
	{[]fault{
		{name: "good, asleep for 12 h", asleep: 12 * time.Hour},
	}, [...]cell{renewed(0), renewed(0), renewed(0), renewed(0), renewed(0)}},
	{[]fault{
		{name: "slow, 3 s", answer: issuesAfter(3 * time.Second)},
	}, [...]cell{renewed(3), served(0, 0), served(0, 1), served(2, 1), renewed(3)}},
	{[]fault{
		{name: "same token again", says: "a token that expired at", answer: same},
	}, [...]cell{renewed(0), served(0, 0), served(0, 1), served(0, 1), failed(0, 1)}},
	{[]fault{
		{name: "down for 20 s at start", answer: breaks(syscall.ECONNREFUSED), lasts: 20 * time.Second},
		{name: "404 for 20 s at start", answer: fails(404, "Not Found"), lasts: 20 * time.Second},
	}, [...]cell{{got: "new", after: 20, latest: 22, requests: 15, most: 22}, {}, {}, {}, {}}},
	{[]fault{
		{name: "down", says: "connection refused", answer: breaks(syscall.ECONNREFUSED)},
		{name: "404", says: "HTTP 404", answer: fails(404, "Not Found")},
	}, [...]cell{{got: "error", after: 28, latest: 30, requests: 20, most: 28}, served(0, 0), served(0, 4), served(2, 4), failed(30, 4)}},
	{[]fault{
		{name: "410", says: "HTTP 410", answer: fails(410, "Gone")},
		{name: "429", says: "the issuer is throttling", answer: throttles("")},
		{name: "429, Retry-After 10 s", says: "the issuer is throttling", answer: throttles("10")},
		{name: "500", says: "the " + endpointSays + " answers, but fails", answer: fails(500, "")},
		{name: "503", says: "the " + endpointSays + " answers, but fails", answer: fails(503, "")},
		{name: "connection reset", says: "connection reset", answer: breaks(syscall.ECONNRESET)},
	}, [...]cell{failed(30, 4), served(0, 0), served(0, 4), served(2, 4), failed(30, 4)}},
	{[]fault{
		{name: "hangs", says: "no answer (1 try)", answer: issuesAfter(time.Hour)},
	}, [...]cell{failed(30, 1), served(0, 0), served(0, 1), served(2, 1), failed(30, 1)}},
	{[]fault{
		{name: "429, Retry-After 60 s", says: "the issuer is throttling", answer: throttles("60")},
		{name: "truncated JSON", says: "answers in place of the " + endpointSays, answer: says(`{"access_token":"token-0","expi`)},
		{name: "HTML", says: "a web page", answer: says("<html>Sign in</html>")},
		{name: "expired token", says: "a token that expired at", answer: issuesExpired},
		{name: "no expiry", says: "expires_in and expires_on are both missing", answer: says(tokenAnswer("token-0", `"ext_expires_in":"0"`))},
		{name: "identity removed", says: "HTTP 400: Identity not found", answer: fails(400, "Identity not found")},
		{name: "secret expired", says: "the client secret has expired", answer: fails(401, "AADSTS7000222: The secret is expired."), principal: true},
	}, [...]cell{failed(0, 1), served(0, 0), served(0, 1), served(0, 1), failed(0, 1)}},
}
