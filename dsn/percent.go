package dsn

import "strings"

const (
	badPercent = `a "%" without two hexadecimal digits (write a "%" itself as %25)`
	badBlank   = "a blank in a URL: write it as %20"
)

// decodeURI decodes percent-encoding as libpq does: outer blanks are dropped and
// inner ones refused. It returns what is wrong, or "".
func decodeURI(s string) (value, wrong string) {
	s = strings.Trim(s, " ")
	if strings.ContainsAny(s, blanks) {
		return "", badBlank
	}
	return decodePercent(s)
}

// decodeForm decodes as java.net.URLDecoder does, where "+" is a blank.
func decodeForm(s string) (value, wrong string) {
	return decodePercent(strings.ReplaceAll(s, "+", " "))
}

func decodePercent(s string) (value, wrong string) {
	if strings.IndexByte(s, '%') < 0 {
		return s, ""
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", badPercent
			}
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi < 0 || lo < 0 {
				return "", badPercent
			}
			c = byte(hi<<4 | lo)
			i += 2
		}
		b.WriteByte(c)
	}
	return b.String(), ""
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
