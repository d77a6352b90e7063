# JSON on stdin, one line for each value: `links.0.mtu=1450`. For what a config drive holds: no braces or quotes in strings.
{ text = text $0 " " }
function skip() { sub(/^[ \t\r\n]+/, "", text) }
function string(  s) {
  match(text, /^"[^"]*"/)
  s = substr(text, 2, RLENGTH - 2)
  text = substr(text, RLENGTH + 1)
  return s
}
function value(path,  key, i) {
  skip()
  if (sub(/^\{/, "", text)) {
    for (skip(); !sub(/^\}/, "", text); skip()) {
      sub(/^,/, "", text); skip()
      key = string(); skip()
      sub(/^:/, "", text)
      value(path == "" ? key : path "." key)
    }
  } else if (sub(/^\[/, "", text)) {
    for (skip(); !sub(/^\]/, "", text); skip()) {
      sub(/^,/, "", text)
      value(path "." i++)
    }
  } else if (text ~ /^"/) {
    print path "=" string()
  } else {
    match(text, /^[^],} \t]*/)
    print path "=" substr(text, 1, RLENGTH)
    text = substr(text, RLENGTH + 1)
  }
}
END { value("") }
