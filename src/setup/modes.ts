import type { SetupSettings } from '../config/setup-settings.ts';
import type { Init } from '../host/services.ts';

export type Mode = SetupSettings['mode']['value'];

interface ModeInfo {
  readonly mode: Mode;
  readonly name: string;
  readonly about: string;
  /** Why this host cannot have it. */
  readonly obstacle: string | undefined;
}

interface Look {
  readonly init: Init;
  /** False for an image or a chroot, where no init system runs. */
  readonly isLive: boolean;
  readonly uid: number;
}

/** The mode that a host suggests by itself. */
export function suggestMode({ init, uid }: Pick<Look, 'init' | 'uid'>): Mode {
  return init === 'none' && uid === 0 ? 'container' : 'multi';
}

/** Why a host cannot have a mode. */
export function obstacleTo(mode: Mode, look: Look): string | undefined {
  return listModes(look).find(each => each.mode === mode)?.obstacle;
}

/** Every mode, the recommended one first, and what speaks against it here. */
export function listModes({ init, isLive, uid }: Look): readonly ModeInfo[] {
  const isRoot = uid === 0;
  return [
    {
      mode: 'multi',
      name: 'multi-user daemon',
      about: 'for every user of this host (recommended)',
      obstacle: init === 'none' ? 'neither systemd nor OpenRC runs here' : undefined,
    },
    {
      mode: 'user',
      name: 'this user only',
      about: 'without root',
      obstacle: isRoot ? 'you are root' : undefined,
    },
    {
      mode: 'container',
      name: 'container',
      about: 'without an init system',
      obstacle: init === 'none' || !isLive ? undefined : `${init} runs here`,
    },
  ];
}
