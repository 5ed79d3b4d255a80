// Reads deliveries, a JSON object a line, and says of each whether the library
// of Standard Webhooks takes it: "ok", or why not.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type delivery struct {
	Secret  string
	Headers map[string]string
	Body    string
}

func verify(line []byte) error {
	var one delivery
	if err := json.Unmarshal(line, &one); err != nil {
		return err
	}
	receiver, err := webhooks.NewWebhook(one.Secret)
	if err != nil {
		return err
	}
	headers := http.Header{}
	for name, value := range one.Headers {
		headers.Set(name, value)
	}
	return receiver.Verify([]byte(one.Body), headers)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		if err := verify(lines.Bytes()); err != nil {
			fmt.Println(err)
		} else {
			fmt.Println("ok")
		}
	}
}
