/** Whether this browser says that it has passkeys with the PRF extension. One that says nothing counts as having none. */
export async function havePasskeys(): Promise<boolean> {
  try {
    const capabilities = await PublicKeyCredential.getClientCapabilities();
    return capabilities["extension:prf"] === true;
  } catch {
    return false;
  }
}
