package advice_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/internal/advice"
)

// answered is an error that holds a server's answers.
type answered []advice.Answer

func (answered) Error() string { return "the server's answers" }

var errClient = errors.New("client's own")

var table = advice.Table{
	Answers: func(err error) []advice.Answer {
		answers, _ := errors.AsType[answered](err)
		return answers
	},
	Server: []advice.Rule{
		{Codes: "1|2", Text: "Token Expired|expired token", Expired: true, Temporary: true, Hint: "expired", Anchor: "a"},
		{Text: "locked", Login: advice.WithPassword, Hint: "locked", Anchor: "b"},
		{Codes: "2", Hint: "two", Anchor: "c", Elsewhere: true},
	},
	Client: []advice.Rule{
		{Err: errClient, Hint: "client", Anchor: "d"},
		{Text: "first words|Second Words", Hint: "text", Anchor: "e", Temporary: true},
	},
}

func TestClassify(t *testing.T) {
	for _, row := range []struct {
		name  string
		token bool
		err   error
		want  advice.Classification
	}{
		{"code and text", true, answered{{Code: "2", Message: "an EXPIRED token", Refused: true}},
			advice.Classification{Refused: true, Expired: true, Temporary: true, Hint: "expired", Anchor: "a"}},
		{"expired, but the login was not refused", true, answered{{Code: "1", Message: "token expired"}},
			advice.Classification{Temporary: true, Hint: "expired", Anchor: "a"}},
		{"code alone", true, answered{{Code: "2", Message: "other"}}, advice.Classification{Hint: "two", Anchor: "c"}},
		{"another code", true, answered{{Code: "12", Message: "token expired"}}, advice.Classification{}},
		{"another login", true, answered{{Message: "locked"}}, advice.Classification{}},
		{"its login", false, answered{{Message: "Locked"}}, advice.Classification{Hint: "locked", Anchor: "b"}},
		{"the first rule of two answers", true, answered{{Code: "2"}, {Code: "1", Message: "token expired", Refused: true}},
			advice.Classification{Refused: true, Expired: true, Temporary: true, Hint: "expired", Anchor: "a"}},
		{"an unknown refusal", true, errors.Join(errClient, answered{{Code: "9", Refused: true}}), advice.Classification{Refused: true}},
		{"an answer before the client's error", true, errors.Join(errClient, answered{{Code: "2"}}), advice.Classification{Hint: "two", Anchor: "c"}},
		{"client's error", true, errors.Join(io.EOF, errClient), advice.Classification{Hint: "client", Anchor: "d"}},
		{"client's text", true, errors.New("the second words"), advice.Classification{Temporary: true, Hint: "text", Anchor: "e"}},
		{"network", true, io.EOF, advice.Classification{Temporary: true}},
		{"unknown", true, errors.New("oops"), advice.Classification{}},
	} {
		t.Run(row.name, func(t *testing.T) { assert.Equal(t, row.want, table.Classify(row.err, row.token)) })
	}
}

func TestFind(t *testing.T) {
	r, a, ok := table.Find(answered{{Code: "2"}}, true)
	assert.True(t, ok)
	assert.True(t, r.Elsewhere)
	assert.Equal(t, "2", a.Code)
	_, _, ok = table.Find(errClient, true)
	assert.False(t, ok)
}

func TestAdvise(t *testing.T) {
	assert.Equal(t, advice.Advice{Hint: "client", Anchor: "d"}, table.Advise(errClient))
	assert.Empty(t, table.Advise(io.EOF), "that is of the network")
	assert.Empty(t, table.Advise(answered{{Code: "2"}}))
}

func TestTables(t *testing.T) { assert.Contains(t, advice.Tables(), advice.Network) }

func TestAll(t *testing.T) {
	first, second := answered{{Code: "1"}}, answered{{Code: "2"}}
	err := errors.Join(io.EOF, fmt.Errorf("wrapped: %w", errors.Join(first, errClient)), second)
	assert.Equal(t, []answered{first, second}, advice.All[answered](err))
	assert.Empty(t, advice.All[answered](errClient))
	assert.Empty(t, advice.All[answered](nil))
}
