import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ground, isRoot, missingGround } from './ground.ts';

describe.each([
  { kind: 'memory' as const, view: 'direct', reason: missingGround('memory') ?? '' },
  { kind: 'disk' as const, view: 'overlay', reason: missingGround('disk') ?? '' },
])('the store on $kind $reason', ({ kind, view, reason }) => {
  const maybe = reason === '' ? test : test.skip;

  maybe(`has the view "${view}"`, async () => {
    using ground = new Ground(kind);
    const { log } = await ground.run(
      'grep " $store " /proc/self/mounts | tail -n 1 | cut -d" " -f3',
    );
    expect(log).toBe(view === 'overlay' ? 'overlay\n' : 'tmpfs\n');
  });

  maybe('shows directories, files and symlinks, and nothing else', async () => {
    using ground = new Ground(kind);
    const directory = ground.nameInput('directory');
    mkdirSync(join(directory, 'bin'), { recursive: true });
    writeFileSync(join(directory, 'bin/tool'), 'tool\n', { mode: 0o555 });
    const file = ground.addFileInput('file', 'file\n');
    const link = ground.nameInput('link');
    symlinkSync(directory, link);
    mkdirSync(join(ground.store, 'not-an-input'));

    const { log, outcome } = await ground.run(
      `ls $store; cat ${directory}/bin/tool ${file} ${link}/bin/tool; readlink ${link}`,
    );

    expect(log.split('\n')).toEqual([
      ...[directory, file, link].map(path => basename(path)),
      'tool',
      'file',
      'tool',
      directory,
      '',
    ]);
    expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
  });

  maybe.each([0, 1, 300])('takes %i inputs of three kinds', async count => {
    using ground = new Ground(kind);
    for (let index = 0; index < count; index++) {
      if (index % 3 === 0) mkdirSync(ground.nameInput('directory'));
      else if (index % 3 === 1) ground.addFileInput('file', `${index}`);
      else symlinkSync(`target-${index}`, ground.nameInput('link'));
    }
    const { log } = await ground.run(
      'cd $store; shopt -s nullglob; set -- *; echo $#; cat *-file; readlink *-link | tail -n 1',
    );
    const files = ground.inputs.flatMap((path, index) => (path.endsWith('file') ? [index] : []));
    const last = count === 300 ? 'target-299\n' : '';
    const cat = files.length > 0 ? files.join('') : '';
    expect(log.replace(/^cat: .*\n|^readlink: .*\n/gm, '')).toContain(`${count}\n${cat}${last}`);
  });

  maybe('refuses to change inputs', async () => {
    using ground = new Ground(kind);
    const directory = ground.nameInput('directory');
    mkdirSync(directory, { mode: 0o777 });
    const file = ground.addFileInput('file', 'file\n');
    const attempts = [
      `touch ${directory}/new`,
      `chmod 700 ${directory}`,
      `rmdir ${directory}`,
      `mv ${directory} $store/other`,
      `echo changed >> ${file}`,
      `rm -f ${file}`,
      `chmod 666 ${file}`,
      `mv /build/mine ${file}`,
    ];
    const script = attempts.map(attempt => `(${attempt}) 2> /dev/null && echo '${attempt}'`);
    const { log } = await ground.run(`echo > /build/mine; ${script.join('\n')}`);
    expect(log).toBe('');
    expect(readFileSync(file, 'utf8')).toBe('file\n');
    expect(readdirSync(directory)).toEqual([]);
  });

  maybe('lets outputs of every kind land in the upper directory', async () => {
    using ground = new Ground(kind);
    ground.addFileInput('input', '');
    const { log, outcome } = await ground.run(`set -e; cd $store
      mkdir out; echo one > out/file; ln out/file out/hard; ln -s file out/link; chmod 555 out
      echo two > flat; chmod 444 flat; ln -s out soft
      mkdir moved; mv moved moved-again; echo gone > gone; rm gone
      mkfifo out2 && rm out2`);
    const outputs = readdirSync(ground.upper).filter(name => !name.endsWith('-input'));
    expect({ log, outcome }).toMatchObject({ log: '', outcome: { kind: 'exited', code: 0 } });
    expect(outputs.sort()).toEqual(['flat', 'moved-again', 'out', 'soft']);
    expect(readFileSync(join(ground.upper, 'flat'), 'utf8')).toBe('two\n');
    expect(readlinkSync(join(ground.upper, 'soft'))).toBe('out');
    const [file, hard] = ['file', 'hard'].map(name => lstatSync(join(ground.upper, 'out', name)));
    expect(file).toMatchObject({ uid: ground.uid, gid: ground.gid, nlink: 2, ino: hard?.ino });
  });

  maybe('keeps the files of a failed build', async () => {
    using ground = new Ground(kind);
    const { outcome } = await ground.run('echo half > $store/out; exit 7');
    expect(outcome).toMatchObject({ kind: 'exited', code: 7 });
    expect(readFileSync(join(ground.upper, 'out'), 'utf8')).toBe('half\n');
  });

  maybe('may be somewhere else outside', async () => {
    using ground = new Ground(kind);
    const inside = '/nix/store';
    const input = basename(ground.addFileInput('file', 'file\n'));
    const { store } = ground.sealedRoot();
    const { log } = await ground.run(
      ground.spec(`cat /nix/store/${input}; echo out > /nix/store/out; ls -d $store`, {
        store: { ...store, inside, inputs: [join(inside, input)] },
      }),
    );
    expect(log).toContain('file\nls: cannot access');
    expect(existsSync(join(ground.upper, 'out'))).toBe(true);
  });

  maybe('may lie in a directory of the build', async () => {
    using ground = new Ground(kind);
    const input = ground.addFileInput('file', 'file\n');
    const inside = '/tmp/deep/store';
    const { store } = ground.sealedRoot();
    const inputs = [join(inside, basename(input))];
    const { log, outcome } = await ground.run(
      ground.spec(`cat ${inside}/*-file; echo x > ${inside}/out; ls /tmp`, {
        store: { ...store, inside, inputs },
      }),
    );
    expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
    expect(log).toBe('file\ndeep\n');
    expect(readdirSync(join(ground.base, 'build/tmp/deep/store'))).toEqual([]);
  });

  maybe('is given to the group of the builder', async () => {
    using ground = new Ground(kind);
    await ground.run('true');
    expect(lstatSync(ground.upper)).toMatchObject({ mode: 0o41775, gid: ground.gid });
    const owner = isRoot ? 0 : ground.uid;
    expect(lstatSync(ground.upper).uid).toBe(owner);
  });

  maybe('refuses an input that is missing', async () => {
    using ground = new Ground(kind);
    const missing = ground.nameInput('missing');
    const { outcome } = await ground.run('true');
    expect(outcome).toEqual({
      kind: 'refused',
      word: 'input',
      path: missing,
      errno: 'ENOENT',
      text: 'No such file or directory',
    });
  });
});
