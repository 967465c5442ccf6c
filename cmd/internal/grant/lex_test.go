package grant

import (
	"strings"

	"github.com/azuredb/passwordless/dsn"
)

// token is a word, sign or quoted piece of SQL, as a server reads it.
type token struct {
	kind rune // the quote that begins it, or 'w'
	text string
}

// lexer reads SQL as the manual of the engine has it. It has nothing of the package's own quoting.
type lexer struct {
	engine dsn.Engine
	in     []rune
}

// lex returns the tokens of SQL without its comments; ok is false if a quoted piece has no end.
func lex(engine dsn.Engine, sql string) (list []token, ok bool) {
	l := lexer{engine, []rune(sql)}
	for len(l.in) > 0 {
		c := l.in[0]
		switch {
		case strings.ContainsRune(" \t\r\n", c):
			l.in = l.in[1:]
		case l.comment():
		case c == 'E' && len(l.in) > 1 && l.in[1] == '\'' && engine == dsn.PostgreSQL:
			l.in = l.in[1:]
			ok = l.quoted(&list, '\'', '\'', true)
		case c == '\'' || c == '"':
			ok = l.quoted(&list, c, c, engine == dsn.MySQL)
		case c == '`' && engine == dsn.MySQL:
			ok = l.quoted(&list, c, c, false)
		case c == '[' && engine == dsn.SQLServer:
			ok = l.quoted(&list, c, ']', false)
		default:
			l.word(&list)
			ok = true
		}
		if len(list) > 0 && !ok {
			return nil, false
		}
	}
	return list, true
}

func (l *lexer) begins(s string) bool {
	return len(l.in) >= len(s) && string(l.in[:len(s)]) == s
}

// comment skips one.
func (l *lexer) comment() bool {
	end := "\n"
	switch {
	case l.begins("/*"):
		end = "*/"
	case l.begins("-- "), l.begins("--") && l.engine != dsn.MySQL, l.begins("#") && l.engine == dsn.MySQL:
	default:
		return false
	}
	_, rest, _ := strings.Cut(string(l.in), end)
	l.in = []rune(rest)
	return true
}

func (l *lexer) quoted(list *[]token, begin, end rune, backslash bool) bool {
	var text []rune
	for l.in = l.in[1:]; len(l.in) > 0; l.in = l.in[1:] {
		switch c := l.in[0]; {
		case c == '\\' && backslash && len(l.in) > 1:
			l.in = l.in[1:]
			text = append(text, l.in[0])
		case c == end && len(l.in) > 1 && l.in[1] == end:
			l.in = l.in[1:]
			text = append(text, end)
		case c == end:
			l.in = l.in[1:]
			*list = append(*list, token{begin, string(text)})
			return true
		default:
			text = append(text, c)
		}
	}
	return false
}

func (l *lexer) word(list *[]token) {
	n := 1
	for n < len(l.in) && !strings.ContainsRune(" \t\r\n'\"`[];(),.@#", l.in[n]) && !strings.ContainsRune(";(),.@", l.in[0]) {
		n++
	}
	*list = append(*list, token{'w', string(l.in[:n])})
	l.in = l.in[n:]
}
