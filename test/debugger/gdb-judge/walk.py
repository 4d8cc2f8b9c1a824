# Driven by gdb-judge.test.ts: stops at the given addresses and prints every frame up to main with its variables, as JSON.
import gdb
import json

ELEMENTS = 12


def leaf(value, depth):
    kind = value.type.strip_typedefs()
    code = kind.code
    # A record counts as gone for gdb as soon as its padding is: its members tell.
    if value.is_optimized_out and code not in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION, gdb.TYPE_CODE_ARRAY):
        return {'gone': True}
    if code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_BOOL):
        return {'number': str(int(value))}
    if code == gdb.TYPE_CODE_ENUM:
        return {'enum': value.format_string()}
    if code == gdb.TYPE_CODE_FLT:
        return {'float': value.format_string()}
    if code == gdb.TYPE_CODE_PTR:
        if 'synthetic pointer' in value.format_string():
            return {'synthetic': True}
        result = {'pointer': str(int(value))}
        target = kind.target().strip_typedefs()
        # Numbers of processes differ.
        if target.code == gdb.TYPE_CODE_STRUCT and depth < 3 and int(value) and 'siginfo' not in str(kind):
            result['target'] = leaf(value.dereference(), depth + 1)
        elif target.code == gdb.TYPE_CODE_INT and target.sizeof == 1 and int(value):
            result['text'] = value.string(length=-1, errors='replace')
        return result
    if code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        return {'members': [[field.name, attempt(value[field], depth + 1)] for field in kind.fields()]}
    if code == gdb.TYPE_CODE_ARRAY:
        low, high = kind.range()
        return {'count': high - low + 1, 'elements': [attempt(value[i], depth + 1) for i in range(low, min(high + 1, ELEMENTS))]}
    return {'other': str(kind)}


def attempt(value, depth):
    try:
        return leaf(value, depth)
    except gdb.error as error:
        return {'gone': True} if 'optimized out' in str(error) else {'error': str(error)}


def variables(frame):
    found = []
    block = frame.block()
    while block:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument or symbol.is_constant:
                try:
                    value = attempt(symbol.value(frame), 0)
                except gdb.error as error:
                    value = {'error': str(error)}
                found.append({'name': symbol.name, 'type': str(symbol.type), 'argument': symbol.is_argument, 'value': value})
        if block.function:
            break
        block = block.superblock
    return found


def described(frame):
    return any(start <= frame.pc() - 1 < end for start, end in ranges)


# What functions leave as they were, so that gdb too can tell it of outer frames.
KEPT = ['rbx', 'rbp', 'rsp', 'r12', 'r13', 'r14', 'r15']


def registers(frame):
    found = {}
    for name in KEPT:
        value = frame.read_register(name)
        # Numbers of processes differ.
        if not value.is_optimized_out and int(value) != gdb.selected_inferior().pid:
            found[name] = str(int(value) & (1 << 64) - 1)
    return found


def frames():
    result = []
    frame = gdb.newest_frame()
    while frame:
        line = frame.find_sal().line
        if frame.type() == gdb.SIGTRAMP_FRAME:
            result.append({'signal': True, 'name': '', 'line': 0, 'variables': []})
        else:
            symbol = frame.function()
            known = symbol is not None
            result.append({
                'signal': False,
                'name': frame.name() or '',
                'known': known,
                'inlined': frame.type() == gdb.INLINE_FRAME,
                'line': line,
                'registers': registers(frame),
                'variables': variables(frame) if known else [],
            })
        # Without call frame information gdb guesses, often wrongly: what lies behind is not compared.
        if frame.name() in ('main', 'worker') or (frame.type() != gdb.SIGTRAMP_FRAME and not described(frame)):
            break
        frame = frame.older()
    return result


# Frames of every thread, in the order in which they began; nothing if there is only one.
def threads():
    stopped = gdb.selected_thread()
    every = sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.num)
    result = []
    if len(every) > 1:
        for thread in every:
            thread.switch()
            result.append(frames())
        stopped.switch()
    return result


def judge(plan):
    global ranges
    with open(plan) as file:
        plan = json.load(file)
    ranges = [(int(start, 16), int(end, 16)) for start, end in plan['covered']]
    gdb.execute('set pagination off')
    gdb.execute('set disable-randomization on')
    gdb.execute('handle SIGUSR1 SIGSEGV SIGALRM nostop noprint pass')
    for address in plan['addresses']:
        gdb.Breakpoint('*' + address)
    gdb.execute('run > /dev/null')
    for _ in range(plan['most']):
        if not gdb.selected_inferior().pid:
            break
        print('JUDGE ' + json.dumps({'pc': str(gdb.newest_frame().pc()), 'frames': frames(), 'threads': threads()}))
        gdb.execute('continue')
    if gdb.selected_inferior().pid:
        gdb.execute('kill')
