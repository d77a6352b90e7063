/** A certificate that nobody signed, for servers on localhost that a careful client must not believe. The key protects nothing. */
export const CERT = `
-----BEGIN CERTIFICATE-----
MIIBVDCB/KADAgECAgECMAoGCCqGSM49BAMCMBQxEjAQBgNVBAMMCWxvY2FsaG9z
dDAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1OVowFDESMBAGA1UEAwwJ
bG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/1unT9NFus0hJ0d/
fF2O5zJ+tyl5jwB2q3ZV1SItC+CY4ybCU9mHnL3TzJEYe7lOEvsZx/AgsN+68THr
TXjjjKM9MDswGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0GA1UdDgQWBBTa
pgu39cs24fwIeOopDeMzvzswHjAKBggqhkjOPQQDAgNHADBEAiBjxDIOdivIaEfO
hQqNg2gnboVKZJAxQsHNhc2Pyz2gpQIgSflNwu3feEPp8WUxyn6CbOaSyWrIHXbc
YGxk9nelSNM=
-----END CERTIFICATE-----
`;

export const KEY = `
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIP+kz2UO17aJEwqdol0QzfFnKGBO4ZIrfkwBtUTKPDCooAoGCCqGSM49
AwEHoUQDQgAE/1unT9NFus0hJ0d/fF2O5zJ+tyl5jwB2q3ZV1SItC+CY4ybCU9mH
nL3TzJEYe7lOEvsZx/AgsN+68THrTXjjjA==
-----END EC PRIVATE KEY-----
`;
