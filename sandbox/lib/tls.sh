# shellcheck shell=bash
# A certificate authority, and certificates for a server on loopback and its clients.

# make_certificates FOLDER TITLE: ca.pem, server-cert.pem, server-key.pem and, under the names that docker expects, cert.pem and key.pem.
make_certificates() {
  local dir=$1 title=$2
  if [ -e "$dir/key.pem" ]; then return; fi
  need_openssl
  mkdir -p "$dir"
  printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' 'extendedKeyUsage=serverAuth' >"$dir/server.ext"
  echo 'extendedKeyUsage=clientAuth' >"$dir/client.ext"
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=ObjDocker sandbox, $title" \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$dir/ca-key.pem" -out "$dir/ca.pem"
    sign_certificate "$dir" server server-key.pem server-cert.pem
    sign_certificate "$dir" client key.pem cert.pem
  } >"$dir/log" 2>&1 || { last_lines "$dir/log" && die "no certificates could be created in $dir"; }
  rm -f "$dir"/*.csr "$dir"/*.ext "$dir"/*.srl
}

sign_certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" -keyout "$1/$3" -out "$1/$2.csr" &&
    openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.pem" -CAkey "$1/ca-key.pem" -CAcreateserial -days 3650 -extfile "$1/$2.ext" -out "$1/$4"
}
