import type { Wallet, WalletName } from "idos-client";

/** One address of a person: NEAR accounts are linked once for each of their keys. */
export interface WalletGroup {
  readonly type: Wallet["type"];
  readonly address: string;
  readonly wallets: readonly Wallet[];
  /** Whether one of them signs on this page now. */
  readonly isCurrent: boolean;
}

/** What tells one account from others, but for the keys of NEAR. */
export type Account = Pick<WalletName, "type" | "address">;

/** An account as another tab told of it, or as it was kept: its kind may be none that is known. */
export interface ToldAccount {
  readonly type: string;
  readonly address: string;
}

/** The wallets of a person by address, the one in use first. */
export function walletGroups(wallets: readonly Wallet[], current: WalletName): readonly WalletGroup[] {
  const groups = new Map<string, Wallet[]>();
  for (const wallet of wallets) {
    const key = `${wallet.type} ${comparable(wallet.type, wallet.address)}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [wallet]);
    } else {
      group.push(wallet);
    }
  }
  const found = [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [
          {
            type: first.type,
            address: first.address,
            wallets: group,
            isCurrent: group.some((it) => isSameAccount(it, current)),
          },
        ];
  });
  return found.sort((one, other) => Number(other.isCurrent) - Number(one.isCurrent));
}

/** Whether a wallet is linked already: an account of NEAR with this key, others with this address. */
export function isLinked(wallets: readonly Wallet[], wallet: WalletName): boolean {
  return wallets.some(
    (it) => isSameAccount(it, wallet) && (it.type !== "NEAR" || it.publicKey === wallet.publicKey),
  );
}

/** Whether two addresses are one, of one kind. */
export function isSameAccount(wallet: ToldAccount, other: ToldAccount): boolean {
  return (
    wallet.type === other.type &&
    comparable(wallet.type, wallet.address) === comparable(other.type, other.address)
  );
}

/** The letters of EVM addresses and of hexadecimal keys mean the same in either case; others do not. */
function comparable(type: string, address: string): string {
  return type === "EVM" || type === "FaceSign" ? address.toLowerCase() : address;
}

/** The beginning and the end of an address: enough to recognise it. */
export function shortAddress(address: string): string {
  return address.length <= 20 ? address : `${address.slice(0, 8)}…${address.slice(-6)}`;
}
